-- What somebody typed and has not saved yet, one for each form that it was typed into, so that no window writes over another.
-- `base_version` is 0 for a post that is not there yet. What earlier releases have kept, one for each post, is in `post_drafts`
-- until it is gone on with or a month has passed.
CREATE TABLE IF NOT EXISTS unsaved_posts (
    user_id BINARY(16) NOT NULL,
    form_key BINARY(16) NOT NULL,
    post_id BINARY(16) NOT NULL,
    fields MEDIUMTEXT NOT NULL,
    base_version BIGINT NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, form_key),
    CONSTRAINT unsaved_posts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    KEY unsaved_posts_post_id (post_id),
    KEY unsaved_posts_updated (updated_at)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
