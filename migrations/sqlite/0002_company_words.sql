-- One row per word of a live company's searchable text, with all that the list filters and sorts by: the search finds
-- the beginning of any word by an index range, and a frequent beginning (its first three letters) in the order of each
-- sort without sorting. No index of the list needs the row that it stands for.
CREATE TABLE IF NOT EXISTS company_words (
    company_id BLOB NOT NULL,
    word TEXT NOT NULL,
    prefix TEXT NOT NULL,
    status TEXT NOT NULL,
    source TEXT,
    danger_class TEXT,
    name_key BLOB NOT NULL,
    created_at TEXT NOT NULL,
    created_month TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (company_id, word),
    CONSTRAINT company_words_company FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS company_words_word ON company_words (word, company_id, status, source, danger_class, created_month, name_key, created_at, updated_at);
CREATE INDEX IF NOT EXISTS company_words_name ON company_words (prefix, name_key, company_id, word, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS company_words_created ON company_words (prefix, created_at, company_id, word, status, source, danger_class, created_month);
CREATE INDEX IF NOT EXISTS company_words_updated ON company_words (prefix, updated_at, company_id, word, status, source, danger_class, created_month);
