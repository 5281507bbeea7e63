-- Who did what to which record, written in the transaction of the change. Ids are in the order of time.
CREATE TABLE IF NOT EXISTS audit_entries (
    id BINARY(16) NOT NULL,
    at DATETIME(6) NOT NULL,
    actor_id BINARY(16),
    action VARCHAR(64) NOT NULL,
    record VARCHAR(32) NOT NULL,
    record_id BINARY(16),
    company_id BINARY(16),
    changes MEDIUMTEXT NOT NULL,
    ip VARCHAR(45),
    request_id VARCHAR(64),
    PRIMARY KEY (id),
    CONSTRAINT audit_entries_actor FOREIGN KEY (actor_id) REFERENCES users (id),
    CONSTRAINT audit_entries_company FOREIGN KEY (company_id) REFERENCES companies (id),
    KEY audit_entries_company_id (company_id, id),
    KEY audit_entries_actor_id (actor_id, id),
    KEY audit_entries_record (record, record_id, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
