-- A file of posts that somebody has sent and not brought in yet, or has just brought in: one for each person. `report` tells
-- as JSON what would become, or became, of each post; `items` is the file's text, empty once it was brought in.
CREATE TABLE IF NOT EXISTS post_imports (
    user_id BINARY(16) NOT NULL,
    id BINARY(16) NOT NULL,
    name VARCHAR(200) NOT NULL,
    lang VARCHAR(2) NOT NULL,
    items MEDIUMTEXT NOT NULL,
    report MEDIUMTEXT NOT NULL,
    done_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT post_imports_lang_known CHECK (lang IN ('en', 'tr')),
    CONSTRAINT post_imports_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY post_imports_created (created_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
