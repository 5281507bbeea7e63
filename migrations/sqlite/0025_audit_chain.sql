-- The head of the audit's chain, in one row: whoever holds its lock is the sealer.
CREATE TABLE IF NOT EXISTS audit_chain (
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    mac BLOB NOT NULL,
    logged_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (name)
) STRICT;
