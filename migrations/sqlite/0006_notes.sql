-- What the office wrote down about a company.
CREATE TABLE IF NOT EXISTS notes (
    id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    body TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT notes_company FOREIGN KEY (company_id) REFERENCES companies (id),
    CONSTRAINT notes_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE INDEX IF NOT EXISTS notes_company_id ON notes (company_id, live, pinned, id);
CREATE INDEX IF NOT EXISTS notes_author_id ON notes (author_id);
