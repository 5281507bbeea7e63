-- What somebody signs in with beside the password; without a row, the password is enough. The secret that the
-- authenticator app shares is sealed under a key derived from `SECRET_KEY`. `last_step` is the newest time step whose
-- code was used. `recovery_codes` holds the MACs of the codes that are left, 32 bytes each.
CREATE TABLE IF NOT EXISTS second_factors (
    user_id BINARY(16) NOT NULL,
    secret VARBINARY(64) NOT NULL,
    last_step BIGINT NOT NULL,
    recovery_codes VARBINARY(320) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
