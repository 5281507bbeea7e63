-- People who sign in. A client belongs to one company, everybody else to none.
CREATE TABLE IF NOT EXISTS users (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    role TEXT NOT NULL,
    company_id BLOB,
    locale TEXT,
    theme TEXT NOT NULL,
    active INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT users_role_known CHECK (role IN ('admin', 'office', 'expert', 'doctor', 'client')),
    CONSTRAINT users_client_has_company CHECK ((role = 'client') = (company_id IS NOT NULL)),
    CONSTRAINT users_locale_known CHECK (locale IN ('en', 'tr')),
    CONSTRAINT users_theme_known CHECK (theme IN ('auto', 'light', 'dark')),
    CONSTRAINT users_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (email);
CREATE INDEX IF NOT EXISTS users_company_id ON users (company_id);
