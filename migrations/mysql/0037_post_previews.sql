-- Links that show a post as it stands to whoever has one. Each is signed over the row's `nonce`: without the row none works.
CREATE TABLE IF NOT EXISTS post_previews (
    post_id BINARY(16) NOT NULL,
    nonce BINARY(16) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (post_id),
    CONSTRAINT post_previews_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    KEY post_previews_expires_at (expires_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
