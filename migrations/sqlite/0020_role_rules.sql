-- What administrators ask of everybody in a role. A role without a row is asked for nothing.
CREATE TABLE IF NOT EXISTS role_rules (
    role TEXT NOT NULL,
    second_factor INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (role),
    CONSTRAINT role_rules_role_known CHECK (role IN ('admin', 'office', 'expert', 'doctor', 'client'))
) STRICT;
