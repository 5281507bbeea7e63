-- What was typed into a form that came when its session had just ended, sealed, for its author alone and for an hour.
CREATE TABLE IF NOT EXISTS kept_forms (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    action TEXT NOT NULL,
    fields BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT kept_forms_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS kept_forms_user_id ON kept_forms (user_id, created_at);
CREATE INDEX IF NOT EXISTS kept_forms_created ON kept_forms (created_at);
