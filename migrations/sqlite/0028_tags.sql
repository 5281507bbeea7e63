-- Words that posts share. A tag belongs to one language. `name_folded` is the name as search compares it.
CREATE TABLE IF NOT EXISTS tags (
    id BLOB NOT NULL,
    lang TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    name_folded TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT tags_lang_known CHECK (lang IN ('en', 'tr'))
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS tags_slug ON tags (lang, slug);
CREATE UNIQUE INDEX IF NOT EXISTS tags_folded ON tags (lang, name_folded);
CREATE INDEX IF NOT EXISTS tags_name ON tags (lang, name_key, id);
