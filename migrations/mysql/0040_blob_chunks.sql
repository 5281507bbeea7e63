-- A blob's bytes in order, at most 256 KiB in a row.
CREATE TABLE IF NOT EXISTS blob_chunks (
    hash BINARY(32) NOT NULL,
    n BIGINT NOT NULL,
    bytes MEDIUMBLOB NOT NULL,
    PRIMARY KEY (hash, n),
    CONSTRAINT blob_chunks_blob FOREIGN KEY (hash) REFERENCES blobs (hash) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
