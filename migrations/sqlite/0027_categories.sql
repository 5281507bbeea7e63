-- What posts are filed under: each post has at most one. A category belongs to one language. `name_folded` is the name as search compares it.
CREATE TABLE IF NOT EXISTS categories (
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
    CONSTRAINT categories_lang_known CHECK (lang IN ('en', 'tr'))
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS categories_slug ON categories (lang, slug);
CREATE UNIQUE INDEX IF NOT EXISTS categories_folded ON categories (lang, name_folded);
CREATE INDEX IF NOT EXISTS categories_name ON categories (lang, name_key, id);
