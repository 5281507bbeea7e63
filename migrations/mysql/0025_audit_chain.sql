-- The head of the audit's chain, in one row: whoever holds its lock is the sealer.
CREATE TABLE IF NOT EXISTS audit_chain (
    name VARCHAR(16) NOT NULL,
    seq BIGINT NOT NULL,
    mac BINARY(32) NOT NULL,
    logged_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (name)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
