-- Who is signed in where. Only the SHA-256 of the cookie's value is kept.
CREATE TABLE IF NOT EXISTS sessions (
    token_hash BINARY(32) NOT NULL,
    user_id BINARY(16) NOT NULL,
    data MEDIUMTEXT NOT NULL,
    ip VARCHAR(45),
    user_agent VARCHAR(255),
    created_at DATETIME(6) NOT NULL,
    last_seen_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (token_hash),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY sessions_user_id (user_id),
    KEY sessions_created (created_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
