-- Bytes that were uploaded or made of what was uploaded, each once: `hash` is their SHA-256. What nothing refers to for a day is
-- swept; `kept_at` is when somebody last stored it.
CREATE TABLE IF NOT EXISTS blobs (
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (hash),
    CONSTRAINT blobs_bounded CHECK (size BETWEEN 1 AND 10485760)
) STRICT;

CREATE INDEX IF NOT EXISTS blobs_kept ON blobs (kept_at, hash);
