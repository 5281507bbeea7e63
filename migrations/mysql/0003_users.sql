-- People who sign in. A client belongs to one company, everybody else to none.
CREATE TABLE IF NOT EXISTS users (
    id BINARY(16) NOT NULL,
    name VARCHAR(200) NOT NULL,
    email VARCHAR(254) NOT NULL,
    password_hash VARCHAR(255),
    role VARCHAR(20) NOT NULL,
    company_id BINARY(16),
    locale VARCHAR(2),
    theme VARCHAR(5) NOT NULL,
    active BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT users_role_known CHECK (role IN ('admin', 'office', 'expert', 'doctor', 'client')),
    CONSTRAINT users_client_has_company CHECK ((role = 'client') = (company_id IS NOT NULL)),
    CONSTRAINT users_locale_known CHECK (locale IN ('en', 'tr')),
    CONSTRAINT users_theme_known CHECK (theme IN ('auto', 'light', 'dark')),
    CONSTRAINT users_company FOREIGN KEY (company_id) REFERENCES companies (id),
    UNIQUE KEY users_email (email),
    KEY users_company_id (company_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
