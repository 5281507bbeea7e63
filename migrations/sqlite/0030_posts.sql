-- What the blog says, in Markdown. Posts with one `translation_id` say the same in different languages. `live` is 1 for rows
-- that are not in the trash and NULL otherwise. `public_at` is when readers begin to see the row, NULL if never: whatever
-- readers ask compares it with now. `body_html` is the body as it was drawn and cleaned by `html_release`, NULL to draw it anew.
CREATE TABLE IF NOT EXISTS posts (
    id BLOB NOT NULL,
    translation_id BLOB NOT NULL,
    lang TEXT NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    title_key BLOB NOT NULL,
    excerpt TEXT NOT NULL,
    body TEXT NOT NULL,
    body_html TEXT,
    html_release TEXT,
    cover_id BLOB,
    cover_alt TEXT,
    category_id BLOB,
    author_id BLOB NOT NULL,
    meta_title TEXT,
    meta_description TEXT,
    featured INTEGER NOT NULL,
    status TEXT NOT NULL,
    published_at TEXT,
    words INTEGER NOT NULL,
    reading_minutes INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    public_at TEXT GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL AND status IN ('scheduled', 'published') THEN published_at END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT posts_lang_known CHECK (lang IN ('en', 'tr')),
    CONSTRAINT posts_status_known CHECK (status IN ('draft', 'scheduled', 'published')),
    CONSTRAINT posts_dated CHECK (status = 'draft' OR published_at IS NOT NULL),
    CONSTRAINT posts_category FOREIGN KEY (category_id) REFERENCES categories (id),
    CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS posts_slug ON posts (lang, slug, live);
CREATE UNIQUE INDEX IF NOT EXISTS posts_translation ON posts (translation_id, lang, live);
CREATE INDEX IF NOT EXISTS posts_public ON posts (lang, public_at, id);
CREATE INDEX IF NOT EXISTS posts_category_id ON posts (category_id, public_at, id);
CREATE INDEX IF NOT EXISTS posts_author_id ON posts (author_id, lang, public_at, id);
CREATE INDEX IF NOT EXISTS posts_featured ON posts (lang, featured, public_at, id);
CREATE INDEX IF NOT EXISTS posts_updated ON posts (live, updated_at, id);
CREATE INDEX IF NOT EXISTS posts_title ON posts (live, title_key, id);
CREATE INDEX IF NOT EXISTS posts_dates ON posts (live, published_at, id);
CREATE INDEX IF NOT EXISTS posts_states ON posts (live, status, updated_at, id);
CREATE INDEX IF NOT EXISTS posts_trash ON posts (deleted_at, id);
