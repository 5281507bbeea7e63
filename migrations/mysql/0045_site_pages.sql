-- The pages about the firm, in Markdown. A page without a row says what the product brings along for it.
CREATE TABLE IF NOT EXISTS site_pages (
    id BINARY(16) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    lang VARCHAR(2) NOT NULL,
    title VARCHAR(200) NOT NULL,
    lead VARCHAR(500) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    meta_title VARCHAR(60),
    meta_description VARCHAR(160),
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT site_pages_lang_known CHECK (lang IN ('en', 'tr')),
    CONSTRAINT site_pages_kind_known CHECK (kind IN ('home', 'what-we-do', 'about', 'pricing', 'portfolio', 'contact', 'privacy', 'cookies', 'terms')),
    UNIQUE KEY site_pages_kind (kind, lang)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
