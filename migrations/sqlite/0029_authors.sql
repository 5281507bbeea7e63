-- Whoever has published, as readers see them. The name is the user's.
CREATE TABLE IF NOT EXISTS authors (
    user_id BLOB NOT NULL,
    slug TEXT NOT NULL,
    bio_en TEXT,
    bio_tr TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT authors_user FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS authors_slug ON authors (slug);
