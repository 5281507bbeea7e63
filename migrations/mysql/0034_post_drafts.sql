-- What somebody typed and has not saved yet, one for each post and person. `post_id` may be of a post that is not there yet.
CREATE TABLE IF NOT EXISTS post_drafts (
    user_id BINARY(16) NOT NULL,
    post_id BINARY(16) NOT NULL,
    fields MEDIUMTEXT NOT NULL,
    base_version BIGINT NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, post_id),
    CONSTRAINT post_drafts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY post_drafts_post_id (post_id),
    KEY post_drafts_updated (updated_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
