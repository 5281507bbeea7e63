-- Forms that were already acted upon, so that a second click or a retry finds the first answer.
CREATE TABLE IF NOT EXISTS submissions (
    user_id BLOB NOT NULL,
    form_key BLOB NOT NULL,
    digest BLOB NOT NULL,
    location TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, form_key),
    CONSTRAINT submissions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS submissions_created ON submissions (created_at);
