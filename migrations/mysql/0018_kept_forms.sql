-- What was typed into a form that came when its session had just ended, sealed, for its author alone and for an hour.
CREATE TABLE IF NOT EXISTS kept_forms (
    id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    action VARCHAR(500) NOT NULL,
    fields MEDIUMBLOB NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT kept_forms_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY kept_forms_user_id (user_id, created_at),
    KEY kept_forms_created (created_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
