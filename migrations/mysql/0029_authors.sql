-- Whoever has published, as readers see them. The name is the user's.
CREATE TABLE IF NOT EXISTS authors (
    user_id BINARY(16) NOT NULL,
    slug VARCHAR(120) NOT NULL,
    bio_en VARCHAR(500),
    bio_tr VARCHAR(500),
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id),
    CONSTRAINT authors_user FOREIGN KEY (user_id) REFERENCES users (id),
    UNIQUE KEY authors_slug (slug)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
