-- The tags of posts. `public_at` repeats the post's, so that a tag's newest posts are met in order.
CREATE TABLE IF NOT EXISTS post_tags (
    post_id BLOB NOT NULL,
    tag_id BLOB NOT NULL,
    public_at TEXT,
    PRIMARY KEY (post_id, tag_id),
    CONSTRAINT post_tags_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT post_tags_tag FOREIGN KEY (tag_id) REFERENCES tags (id)
) STRICT;

CREATE INDEX IF NOT EXISTS post_tags_tag_id ON post_tags (tag_id, public_at, post_id);
