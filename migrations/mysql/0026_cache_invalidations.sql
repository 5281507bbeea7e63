-- What every process must forget, written with the change itself, so that a crash right after it loses nothing.
CREATE TABLE IF NOT EXISTS cache_invalidations (
    id BINARY(16) NOT NULL,
    tags TEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
