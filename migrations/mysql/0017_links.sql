-- Links that work once, sent to somebody by mail: an invitation, a new password, a new address. Only the SHA-256 of the
-- token is kept; the token itself is made anew from `SECRET_KEY` and the id when the mail goes out. `detail` is what the
-- link is about, for example the new address.
CREATE TABLE IF NOT EXISTS links (
    id BINARY(16) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    mail_id BINARY(16),
    token_hash BINARY(32) NOT NULL,
    detail VARCHAR(255),
    expires_at DATETIME(6) NOT NULL,
    used_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT links_kind_known CHECK (kind IN ('invite', 'reset', 'address')),
    CONSTRAINT links_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    UNIQUE KEY links_token_hash (token_hash),
    KEY links_user_id (user_id, kind, created_at),
    KEY links_mail_id (mail_id),
    KEY links_expires (expires_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
