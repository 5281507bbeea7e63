-- Bytes that were uploaded or made of what was uploaded, each once: `hash` is their SHA-256. What nothing refers to for a day is
-- swept; `kept_at` is when somebody last stored it.
CREATE TABLE IF NOT EXISTS blobs (
    hash BINARY(32) NOT NULL,
    size BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    kept_at DATETIME(6) NOT NULL,
    PRIMARY KEY (hash),
    CONSTRAINT blobs_bounded CHECK (size BETWEEN 1 AND 10485760),
    KEY blobs_kept (kept_at, hash)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
