-- Links that show a post as it stands to whoever has one. Each is signed over the row's `nonce`: without the row none works.
CREATE TABLE IF NOT EXISTS post_previews (
    post_id BLOB NOT NULL,
    nonce BLOB NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (post_id),
    CONSTRAINT post_previews_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS post_previews_expires_at ON post_previews (expires_at);
