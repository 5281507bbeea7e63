-- Slugs that something had before: they lead to what has another one now, or tell that it is gone (`to_id` is NULL).
CREATE TABLE IF NOT EXISTS slugs_gone (
    kind VARCHAR(20) NOT NULL,
    lang VARCHAR(2) NOT NULL,
    slug VARCHAR(120) NOT NULL,
    to_id BINARY(16),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (kind, lang, slug),
    CONSTRAINT slugs_gone_kind_known CHECK (kind IN ('post', 'category', 'tag', 'page')),
    KEY slugs_gone_to_id (to_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
