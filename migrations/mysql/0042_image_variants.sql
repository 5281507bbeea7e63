-- What was made of a picture for pages: each width in each format once. `hash` names the bytes and the URL.
CREATE TABLE IF NOT EXISTS image_variants (
    image_id BINARY(16) NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    format VARCHAR(10) NOT NULL,
    hash BINARY(32) NOT NULL,
    size BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (image_id, width, format),
    CONSTRAINT image_variants_format_known CHECK (format IN ('jpeg', 'png', 'webp')),
    CONSTRAINT image_variants_image FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE,
    CONSTRAINT image_variants_blob FOREIGN KEY (hash) REFERENCES blobs (hash),
    KEY image_variants_hash (hash)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
