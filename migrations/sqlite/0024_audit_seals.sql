-- What proves each entry of the audit, written with it. `digests` are keyed ones of its fields; `mac` proves them, first
-- alone and, once the sealer has given the entry its place `seq`, together with the seal before it.
CREATE TABLE IF NOT EXISTS audit_seals (
    entry_id BLOB NOT NULL,
    key_id BLOB NOT NULL,
    digests BLOB NOT NULL,
    mac BLOB NOT NULL,
    seq INTEGER,
    sealed_at TEXT,
    PRIMARY KEY (entry_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX IF NOT EXISTS audit_seals_seq ON audit_seals (seq);
