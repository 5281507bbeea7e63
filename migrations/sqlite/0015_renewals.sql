-- A period that a service was renewed for, at the price of that day. The invoice that belongs to it is made from this.
CREATE TABLE IF NOT EXISTS renewals (
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT renewals_currency_known CHECK (currency IN ('TRY', 'USD', 'EUR')),
    CONSTRAINT renewals_service FOREIGN KEY (service_id) REFERENCES services (id),
    CONSTRAINT renewals_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS renewals_period ON renewals (service_id, period_start);
CREATE INDEX IF NOT EXISTS renewals_company_id ON renewals (company_id, period_start, id);
