-- Scheduled posts of whose moment caches and the author were told, once for each moment.
CREATE TABLE IF NOT EXISTS posts_told (
    post_id BLOB NOT NULL,
    public_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (post_id, public_at),
    CONSTRAINT posts_told_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS posts_told_public_at ON posts_told (public_at);
