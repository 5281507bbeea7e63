-- The pages about the firm, in Markdown. A page without a row says what the product brings along for it.
CREATE TABLE IF NOT EXISTS site_pages (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    lang TEXT NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    body TEXT NOT NULL,
    meta_title TEXT,
    meta_description TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT site_pages_lang_known CHECK (lang IN ('en', 'tr')),
    CONSTRAINT site_pages_kind_known CHECK (kind IN ('home', 'what-we-do', 'about', 'pricing', 'portfolio', 'contact', 'privacy', 'cookies', 'terms'))
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS site_pages_kind ON site_pages (kind, lang);
