-- One row per word of a live company's searchable text: the search finds the beginning of any word by an index
-- range, and a frequent beginning (its first three letters) in the order of each sort without sorting.
CREATE TABLE IF NOT EXISTS company_words (
    company_id BLOB NOT NULL,
    word TEXT NOT NULL,
    prefix TEXT NOT NULL,
    name_key BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (company_id, word),
    CONSTRAINT company_words_company FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS company_words_word ON company_words (word, company_id);
CREATE INDEX IF NOT EXISTS company_words_name ON company_words (prefix, name_key, company_id, word);
CREATE INDEX IF NOT EXISTS company_words_created ON company_words (prefix, created_at, company_id, word);
CREATE INDEX IF NOT EXISTS company_words_updated ON company_words (prefix, updated_at, company_id, word);
