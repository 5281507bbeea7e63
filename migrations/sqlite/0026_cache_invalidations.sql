-- What every process must forget, written with the change itself, so that a crash right after it loses nothing.
CREATE TABLE IF NOT EXISTS cache_invalidations (
    id BLOB NOT NULL,
    tags TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT;
