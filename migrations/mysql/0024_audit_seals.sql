-- What proves each entry of the audit, written with it. `digests` are keyed ones of its fields; `mac` proves them, first
-- alone and, once the sealer has given the entry its place `seq`, together with the seal before it.
CREATE TABLE IF NOT EXISTS audit_seals (
    entry_id BINARY(16) NOT NULL,
    key_id BINARY(8) NOT NULL,
    digests BLOB NOT NULL,
    mac BINARY(32) NOT NULL,
    seq BIGINT,
    sealed_at DATETIME(6),
    PRIMARY KEY (entry_id),
    UNIQUE KEY audit_seals_seq (seq)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
