-- What the office wrote down about a company.
CREATE TABLE IF NOT EXISTS notes (
    id BINARY(16) NOT NULL,
    company_id BINARY(16) NOT NULL,
    author_id BINARY(16) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    pinned BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6),
    live TINYINT GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) STORED,
    PRIMARY KEY (id),
    CONSTRAINT notes_company FOREIGN KEY (company_id) REFERENCES companies (id),
    CONSTRAINT notes_author FOREIGN KEY (author_id) REFERENCES users (id),
    KEY notes_company_id (company_id, live, pinned, id),
    KEY notes_author_id (author_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
