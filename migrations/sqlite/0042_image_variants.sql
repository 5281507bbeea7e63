-- What was made of a picture for pages: each width in each format once. `hash` names the bytes and the URL.
CREATE TABLE IF NOT EXISTS image_variants (
    image_id BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (image_id, width, format),
    CONSTRAINT image_variants_format_known CHECK (format IN ('jpeg', 'png', 'webp')),
    CONSTRAINT image_variants_image FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE,
    CONSTRAINT image_variants_blob FOREIGN KEY (hash) REFERENCES blobs (hash)
) STRICT;

CREATE INDEX IF NOT EXISTS image_variants_hash ON image_variants (hash);
