-- What a company has subscribed to. `words` holds the folded words of the name, each after a blank, as the search looks
-- for them; `renews_key` is `renews_on` with what does not renew at the end; `anchor_day` is the day of the month that
-- renewals keep to.
CREATE TABLE IF NOT EXISTS services (
    id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    words TEXT NOT NULL,
    type TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    cycle TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    renews_on TEXT,
    anchor_day INTEGER NOT NULL,
    status TEXT NOT NULL,
    cancelled_on TEXT,
    notes TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    renews_key TEXT GENERATED ALWAYS AS (CASE WHEN status = 'active' THEN COALESCE(renews_on, '9999-12-31') ELSE '9999-12-31' END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT services_type_known CHECK (type IN ('hosting', 'domain', 'seo', 'maintenance', 'social_media', 'ads', 'other')),
    CONSTRAINT services_currency_known CHECK (currency IN ('TRY', 'USD', 'EUR')),
    CONSTRAINT services_cycle_known CHECK (cycle IN ('monthly', 'yearly', 'once')),
    CONSTRAINT services_status_known CHECK (status IN ('active', 'cancelled', 'expired')),
    CONSTRAINT services_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE INDEX IF NOT EXISTS services_company_id ON services (company_id, live, id);
CREATE INDEX IF NOT EXISTS services_renews ON services (live, renews_key, id);
CREATE INDEX IF NOT EXISTS services_name ON services (live, name_key, id);
CREATE INDEX IF NOT EXISTS services_created ON services (live, created_at, id);
CREATE INDEX IF NOT EXISTS services_due ON services (live, status, renews_on, id);
CREATE INDEX IF NOT EXISTS services_trash ON services (deleted_at, id);
