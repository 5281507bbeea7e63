-- Every mail that was promised, as it was drawn, and what became of it. `record` and `record_id` name what it is about.
-- `resent_of` has no foreign key: whoever purges a company removes its mails in any order.
CREATE TABLE IF NOT EXISTS mails (
    id BLOB NOT NULL,
    company_id BLOB,
    record TEXT,
    record_id BLOB,
    to_name TEXT,
    to_address TEXT NOT NULL,
    lang TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    unsubscribe TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT,
    sent_at TEXT,
    resent_of BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT mails_company FOREIGN KEY (company_id) REFERENCES companies (id)
) STRICT;

CREATE INDEX IF NOT EXISTS mails_newest ON mails (company_id, id);
CREATE INDEX IF NOT EXISTS mails_record ON mails (record_id, id);
