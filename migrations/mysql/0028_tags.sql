-- Words that posts share. A tag belongs to one language. `name_folded` is the name as search compares it.
CREATE TABLE IF NOT EXISTS tags (
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
    CONSTRAINT tags_lang_known CHECK (lang IN ('en', 'tr')),
    UNIQUE KEY tags_slug (lang, slug),
    UNIQUE KEY tags_folded (lang, name_folded),
    KEY tags_name (lang, name_key, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
