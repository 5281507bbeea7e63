-- One row per word of a live company's searchable text, with all that the list filters and sorts by: the search finds
-- the beginning of any word by an index range, and a frequent beginning (its first three letters) in the order of each
-- sort without sorting. No index of the list needs the row that it stands for.
CREATE TABLE IF NOT EXISTS company_words (
    company_id BINARY(16) NOT NULL,
    word VARCHAR(64) NOT NULL,
    prefix VARCHAR(3) NOT NULL,
    status VARCHAR(20) NOT NULL,
    source VARCHAR(20),
    danger_class VARCHAR(20),
    name_key VARBINARY(255) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    created_month DATE NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (company_id, word),
    CONSTRAINT company_words_company FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE CASCADE,
    KEY company_words_word (word, company_id, status, source, danger_class, created_month, name_key, created_at, updated_at),
    KEY company_words_name (prefix, name_key, company_id, word, status, source, danger_class, created_month),
    KEY company_words_created (prefix, created_at, company_id, word, status, source, danger_class, created_month),
    KEY company_words_updated (prefix, updated_at, company_id, word, status, source, danger_class, created_month)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
