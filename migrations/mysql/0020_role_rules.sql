-- What administrators ask of everybody in a role. A role without a row is asked for nothing.
CREATE TABLE IF NOT EXISTS role_rules (
    role VARCHAR(20) NOT NULL,
    second_factor BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (role),
    CONSTRAINT role_rules_role_known CHECK (role IN ('admin', 'office', 'expert', 'doctor', 'client'))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
