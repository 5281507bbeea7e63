-- Slugs that something had before: they lead to what has another one now, or tell that it is gone (`to_id` is NULL).
CREATE TABLE IF NOT EXISTS slugs_gone (
    kind TEXT NOT NULL,
    lang TEXT NOT NULL,
    slug TEXT NOT NULL,
    to_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (kind, lang, slug),
    CONSTRAINT slugs_gone_kind_known CHECK (kind IN ('post', 'category', 'tag', 'page'))
) STRICT;

CREATE INDEX IF NOT EXISTS slugs_gone_to_id ON slugs_gone (to_id);
