-- Who did what to which record, written in the transaction of the change. Ids are in the order of time.
CREATE TABLE IF NOT EXISTS audit_entries (
    id BLOB NOT NULL,
    at TEXT NOT NULL,
    actor_id BLOB,
    action TEXT NOT NULL,
    record TEXT NOT NULL,
    record_id BLOB,
    company_id BLOB,
    changes TEXT NOT NULL,
    ip TEXT,
    request_id TEXT,
    PRIMARY KEY (id),
    CONSTRAINT audit_entries_actor FOREIGN KEY (actor_id) REFERENCES users (id),
    CONSTRAINT audit_entries_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE INDEX IF NOT EXISTS audit_entries_company_id ON audit_entries (company_id, id);
CREATE INDEX IF NOT EXISTS audit_entries_actor_id ON audit_entries (actor_id, id);
CREATE INDEX IF NOT EXISTS audit_entries_record ON audit_entries (record, record_id, id);
