-- A blob's bytes in order, at most 256 KiB in a row.
CREATE TABLE IF NOT EXISTS blob_chunks (
    hash BLOB NOT NULL,
    n INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (hash, n),
    CONSTRAINT blob_chunks_blob FOREIGN KEY (hash) REFERENCES blobs (hash) ON DELETE CASCADE
) STRICT;
