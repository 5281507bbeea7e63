-- What became of each step of the reminders before a renewal: so many days before it, once.
CREATE TABLE IF NOT EXISTS reminders (
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    renews_on TEXT NOT NULL,
    step INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    mail_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT reminders_step_known CHECK (step IN (30, 15, 3, 0)),
    CONSTRAINT reminders_outcome_known CHECK (outcome IN ('mailed', 'no_address', 'mail_off', 'passed')),
    CONSTRAINT reminders_service FOREIGN KEY (service_id) REFERENCES services (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS reminders_step ON reminders (service_id, renews_on, step);
