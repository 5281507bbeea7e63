-- Who is signed in where. Only the SHA-256 of the cookie's value is kept.
CREATE TABLE IF NOT EXISTS sessions (
    token_hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    data TEXT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (token_hash),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS sessions_user_id ON sessions (user_id);
CREATE INDEX IF NOT EXISTS sessions_created ON sessions (created_at);
