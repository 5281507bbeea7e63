-- A file of posts that somebody has sent and not brought in yet, or has just brought in: one for each person. `report` tells
-- as JSON what would become, or became, of each post; `items` is the file's text, empty once it was brought in.
CREATE TABLE IF NOT EXISTS post_imports (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    lang TEXT NOT NULL,
    items TEXT NOT NULL,
    report TEXT NOT NULL,
    done_at TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT post_imports_lang_known CHECK (lang IN ('en', 'tr')),
    CONSTRAINT post_imports_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS post_imports_created ON post_imports (created_at);
