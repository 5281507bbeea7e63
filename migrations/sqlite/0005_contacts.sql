-- People at a company. `primary_of` holds the company of the one primary contact, so that there is at most one.
CREATE TABLE IF NOT EXISTS contacts (
    id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    phone TEXT,
    email TEXT,
    is_primary INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    primary_of BLOB GENERATED ALWAYS AS (CASE WHEN is_primary = 1 AND deleted_at IS NULL THEN company_id END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT contacts_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE INDEX IF NOT EXISTS contacts_company_id ON contacts (company_id, live);
CREATE UNIQUE INDEX IF NOT EXISTS contacts_primary ON contacts (primary_of);
