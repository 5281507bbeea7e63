-- A page about the firm as each save left it. `number` is the version that the save made, `fields` what was saved as JSON.
CREATE TABLE IF NOT EXISTS site_page_revisions (
    page_id BINARY(16) NOT NULL,
    number BIGINT NOT NULL,
    fields MEDIUMTEXT NOT NULL,
    author_id BINARY(16),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (page_id, number),
    CONSTRAINT site_page_revisions_page FOREIGN KEY (page_id) REFERENCES site_pages (id) ON DELETE CASCADE,
    CONSTRAINT site_page_revisions_author FOREIGN KEY (author_id) REFERENCES users (id),
    KEY site_page_revisions_author_id (author_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
