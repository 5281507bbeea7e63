-- People at a company. `primary_of` holds the company of the one primary contact, so that there is at most one.
CREATE TABLE IF NOT EXISTS contacts (
    id BINARY(16) NOT NULL,
    company_id BINARY(16) NOT NULL,
    name VARCHAR(200) NOT NULL,
    title VARCHAR(100),
    phone VARCHAR(20),
    email VARCHAR(254),
    is_primary BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6),
    live TINYINT GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) STORED,
    primary_of BINARY(16) GENERATED ALWAYS AS (CASE WHEN is_primary = 1 AND deleted_at IS NULL THEN company_id END) STORED,
    PRIMARY KEY (id),
    CONSTRAINT contacts_company FOREIGN KEY (company_id) REFERENCES companies (id),
    KEY contacts_company_id (company_id, live),
    UNIQUE KEY contacts_primary (primary_of)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
