-- A period that a service was renewed for, at the price of that day. The invoice that belongs to it is made from this.
CREATE TABLE IF NOT EXISTS renewals (
    id BINARY(16) NOT NULL,
    service_id BINARY(16) NOT NULL,
    company_id BINARY(16) NOT NULL,
    period_start DATE NOT NULL,
    period_end DATE NOT NULL,
    price_minor BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT renewals_currency_known CHECK (currency IN ('TRY', 'USD', 'EUR')),
    CONSTRAINT renewals_service FOREIGN KEY (service_id) REFERENCES services (id),
    CONSTRAINT renewals_company FOREIGN KEY (company_id) REFERENCES companies (id),
    UNIQUE KEY renewals_period (service_id, period_start),
    KEY renewals_company_id (company_id, period_start, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
