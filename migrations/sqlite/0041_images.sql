-- A picture that was uploaded. `hash` is the original, which nobody gets; what pages show are its variants. The same bytes are
-- one picture, in the trash too. `folded` is name and descriptions as search compares them.
CREATE TABLE IF NOT EXISTS images (
    id BLOB NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    alt_en TEXT NOT NULL,
    alt_tr TEXT NOT NULL,
    folded TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    uploaded_by BLOB,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT images_format_known CHECK (format IN ('jpeg', 'png', 'webp', 'gif')),
    CONSTRAINT images_state_known CHECK (state IN ('new', 'ready', 'refused')),
    CONSTRAINT images_blob FOREIGN KEY (hash) REFERENCES blobs (hash),
    CONSTRAINT images_uploaded_by FOREIGN KEY (uploaded_by) REFERENCES users (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS images_hash ON images (hash);
CREATE INDEX IF NOT EXISTS images_live ON images (live, id);
CREATE INDEX IF NOT EXISTS images_trash ON images (deleted_at, id);
CREATE INDEX IF NOT EXISTS images_uploads ON images (uploaded_by, created_at);
