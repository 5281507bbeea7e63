-- Every mail that was promised, as it was drawn, and what became of it. `record` and `record_id` name what it is about.
-- `resent_of` has no foreign key: whoever purges a company removes its mails in any order.
CREATE TABLE IF NOT EXISTS mails (
    id BINARY(16) NOT NULL,
    company_id BINARY(16),
    record VARCHAR(64),
    record_id BINARY(16),
    to_name VARCHAR(200),
    to_address VARCHAR(254) NOT NULL,
    lang VARCHAR(2) NOT NULL,
    subject VARCHAR(400) NOT NULL,
    text MEDIUMTEXT NOT NULL,
    html MEDIUMTEXT NOT NULL,
    unsubscribe VARCHAR(900),
    state VARCHAR(10) NOT NULL,
    attempts BIGINT NOT NULL,
    error VARCHAR(500),
    sent_at DATETIME(6),
    resent_of BINARY(16),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT mails_company FOREIGN KEY (company_id) REFERENCES companies (id),
    KEY mails_newest (company_id, id),
    KEY mails_record (record_id, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
