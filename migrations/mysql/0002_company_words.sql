-- One row per word of a live company's searchable text: the search finds the beginning of any word by an index
-- range, and a frequent beginning (its first three letters) in the order of each sort without sorting.
CREATE TABLE IF NOT EXISTS company_words (
    company_id BINARY(16) NOT NULL,
    word VARCHAR(64) NOT NULL,
    prefix VARCHAR(3) NOT NULL,
    name_key VARBINARY(255) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (company_id, word),
    CONSTRAINT company_words_company FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE CASCADE,
    KEY company_words_word (word, company_id),
    KEY company_words_name (prefix, name_key, company_id, word),
    KEY company_words_created (prefix, created_at, company_id, word),
    KEY company_words_updated (prefix, updated_at, company_id, word)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
