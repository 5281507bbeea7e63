-- The firms that the office looks after. `live` is 1 for rows that are not in the trash and NULL otherwise,
-- so that an index or a unique name that starts with it forgets trashed rows. `created_month` is the first day of the
-- month of `created_at` in Istanbul. The list is read from the indexes alone, and rows only for the page: each index
-- of the list begins with one filter or none, goes on in the order of a sort, and ends with the other filters.
CREATE TABLE IF NOT EXISTS companies (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    name_folded TEXT NOT NULL,
    tax_id TEXT,
    tax_office TEXT,
    email TEXT,
    phone TEXT,
    address TEXT,
    nace_code TEXT,
    danger_class TEXT,
    source TEXT,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    created_month TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    CONSTRAINT companies_status_known CHECK (status IN ('lead', 'prospect', 'negotiation', 'customer', 'churned')),
    CONSTRAINT companies_danger_class_known CHECK (danger_class IN ('less_dangerous', 'dangerous', 'very_dangerous')),
    CONSTRAINT companies_source_known CHECK (source IN ('website', 'referral', 'phone', 'fair', 'social_media', 'advertisement', 'other'))
) STRICT;

CREATE INDEX IF NOT EXISTS companies_name ON companies (live, name_key, id, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_created ON companies (live, created_at, id, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_updated ON companies (live, updated_at, id, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_status_name ON companies (live, status, name_key, id, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_status_created ON companies (live, status, created_at, id, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_status_updated ON companies (live, status, updated_at, id, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_source_name ON companies (live, source, name_key, id, status, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_source_created ON companies (live, source, created_at, id, status, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_source_updated ON companies (live, source, updated_at, id, status, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_danger_name ON companies (live, danger_class, name_key, id, status, source, created_month);
CREATE INDEX IF NOT EXISTS companies_danger_created ON companies (live, danger_class, created_at, id, status, source, created_month);
CREATE INDEX IF NOT EXISTS companies_danger_updated ON companies (live, danger_class, updated_at, id, status, source, created_month);
CREATE INDEX IF NOT EXISTS companies_month_name ON companies (live, created_month, name_key, id, status, source, danger_class);
CREATE INDEX IF NOT EXISTS companies_month_created ON companies (live, created_month, created_at, id, status, source, danger_class);
CREATE INDEX IF NOT EXISTS companies_month_updated ON companies (live, created_month, updated_at, id, status, source, danger_class);
CREATE INDEX IF NOT EXISTS companies_facets ON companies (live, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS companies_tax_id ON companies (live, tax_id);
CREATE INDEX IF NOT EXISTS companies_folded ON companies (live, name_folded);
CREATE INDEX IF NOT EXISTS companies_trash ON companies (deleted_at, id);
