-- What posts are filed under: each post has at most one. A category belongs to one language. `name_folded` is the name as search compares it.
CREATE TABLE IF NOT EXISTS categories (
    id BINARY(16) NOT NULL,
    lang VARCHAR(2) NOT NULL,
    slug VARCHAR(120) NOT NULL,
    name VARCHAR(80) NOT NULL,
    name_key VARBINARY(255) NOT NULL,
    name_folded VARCHAR(120) NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT categories_lang_known CHECK (lang IN ('en', 'tr')),
    UNIQUE KEY categories_slug (lang, slug),
    UNIQUE KEY categories_folded (lang, name_folded),
    KEY categories_name (lang, name_key, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
