-- Forms that were already acted upon, so that a second click or a retry finds the first answer.
CREATE TABLE IF NOT EXISTS submissions (
    user_id BINARY(16) NOT NULL,
    form_key BINARY(16) NOT NULL,
    digest BINARY(32) NOT NULL,
    location VARCHAR(500) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, form_key),
    CONSTRAINT submissions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY submissions_created (created_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
