-- Sign-ins whose password was right and that wait for a code, with the number of codes that were tried.
CREATE TABLE IF NOT EXISTS pending_sign_ins (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    tries INTEGER NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT pending_sign_ins_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS pending_sign_ins_user_id ON pending_sign_ins (user_id);
CREATE INDEX IF NOT EXISTS pending_sign_ins_expires ON pending_sign_ins (expires_at);
