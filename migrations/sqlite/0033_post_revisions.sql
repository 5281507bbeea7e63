-- A post as each save left it. `number` is the version that the save made, `fields` what was saved as JSON.
CREATE TABLE IF NOT EXISTS post_revisions (
    id BLOB NOT NULL,
    post_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    fields TEXT NOT NULL,
    author_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT post_revisions_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT post_revisions_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS post_revisions_number ON post_revisions (post_id, number);
CREATE INDEX IF NOT EXISTS post_revisions_author_id ON post_revisions (author_id);
