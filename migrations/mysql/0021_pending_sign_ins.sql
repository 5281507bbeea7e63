-- Sign-ins whose password was right and that wait for a code, with the number of codes that were tried.
CREATE TABLE IF NOT EXISTS pending_sign_ins (
    id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    tries BIGINT NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT pending_sign_ins_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY pending_sign_ins_user_id (user_id),
    KEY pending_sign_ins_expires (expires_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
