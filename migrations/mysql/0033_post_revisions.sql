-- A post as each save left it. `number` is the version that the save made, `fields` what was saved as JSON.
CREATE TABLE IF NOT EXISTS post_revisions (
    id BINARY(16) NOT NULL,
    post_id BINARY(16) NOT NULL,
    number BIGINT NOT NULL,
    title VARCHAR(200) NOT NULL,
    fields MEDIUMTEXT NOT NULL,
    author_id BINARY(16),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT post_revisions_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT post_revisions_author FOREIGN KEY (author_id) REFERENCES users (id),
    UNIQUE KEY post_revisions_number (post_id, number),
    KEY post_revisions_author_id (author_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
