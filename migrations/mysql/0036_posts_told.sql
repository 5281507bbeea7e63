-- Scheduled posts of whose moment caches and the author were told, once for each moment.
CREATE TABLE IF NOT EXISTS posts_told (
    post_id BINARY(16) NOT NULL,
    public_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (post_id, public_at),
    CONSTRAINT posts_told_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    KEY posts_told_public_at (public_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
