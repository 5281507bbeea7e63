-- What became of each step of the reminders before a renewal: so many days before it, once.
CREATE TABLE IF NOT EXISTS reminders (
    id BINARY(16) NOT NULL,
    service_id BINARY(16) NOT NULL,
    renews_on DATE NOT NULL,
    step BIGINT NOT NULL,
    outcome VARCHAR(20) NOT NULL,
    mail_id BINARY(16),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reminders_step_known CHECK (step IN (30, 15, 3, 0)),
    CONSTRAINT reminders_outcome_known CHECK (outcome IN ('mailed', 'no_address', 'mail_off', 'passed')),
    CONSTRAINT reminders_service FOREIGN KEY (service_id) REFERENCES services (id),
    UNIQUE KEY reminders_step (service_id, renews_on, step)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
