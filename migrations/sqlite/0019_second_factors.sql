-- What somebody signs in with beside the password; without a row, the password is enough. The secret that the
-- authenticator app shares is sealed under a key derived from `SECRET_KEY`. `last_step` is the newest time step whose
-- code was used. `recovery_codes` holds the MACs of the codes that are left, 32 bytes each.
CREATE TABLE IF NOT EXISTS second_factors (
    user_id BLOB NOT NULL,
    secret BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    recovery_codes BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
