-- A page about the firm as each save left it. `number` is the version that the save made, `fields` what was saved as JSON.
CREATE TABLE IF NOT EXISTS site_page_revisions (
    page_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    fields TEXT NOT NULL,
    author_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (page_id, number),
    CONSTRAINT site_page_revisions_page FOREIGN KEY (page_id) REFERENCES site_pages (id) ON DELETE CASCADE,
    CONSTRAINT site_page_revisions_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE INDEX IF NOT EXISTS site_page_revisions_author_id ON site_page_revisions (author_id);
