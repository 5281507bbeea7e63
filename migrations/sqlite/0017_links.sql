-- Links that work once, sent to somebody by mail: an invitation, a new password, a new address. Only the SHA-256 of the
-- token is kept; the token itself is made anew from `SECRET_KEY` and the id when the mail goes out. `detail` is what the
-- link is about, for example the new address.
CREATE TABLE IF NOT EXISTS links (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    user_id BLOB NOT NULL,
    mail_id BLOB,
    token_hash BLOB NOT NULL,
    detail TEXT,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT links_kind_known CHECK (kind IN ('invite', 'reset', 'address')),
    CONSTRAINT links_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS links_token_hash ON links (token_hash);
CREATE INDEX IF NOT EXISTS links_user_id ON links (user_id, kind, created_at);
CREATE INDEX IF NOT EXISTS links_mail_id ON links (mail_id);
CREATE INDEX IF NOT EXISTS links_expires ON links (expires_at);
