-- The tags of posts. `public_at` repeats the post's, so that a tag's newest posts are met in order.
CREATE TABLE IF NOT EXISTS post_tags (
    post_id BINARY(16) NOT NULL,
    tag_id BINARY(16) NOT NULL,
    public_at DATETIME(6),
    PRIMARY KEY (post_id, tag_id),
    CONSTRAINT post_tags_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT post_tags_tag FOREIGN KEY (tag_id) REFERENCES tags (id),
    KEY post_tags_tag_id (tag_id, public_at, post_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
