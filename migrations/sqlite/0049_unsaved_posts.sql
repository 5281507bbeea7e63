-- What somebody typed and has not saved yet, one for each form that it was typed into, so that no window writes over another.
-- `base_version` is 0 for a post that is not there yet. What earlier releases have kept, one for each post, is in `post_drafts`
-- until it is gone on with or a month has passed.
CREATE TABLE IF NOT EXISTS unsaved_posts (
    user_id BLOB NOT NULL,
    form_key BLOB NOT NULL,
    post_id BLOB NOT NULL,
    fields TEXT NOT NULL,
    base_version INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, form_key),
    CONSTRAINT unsaved_posts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS unsaved_posts_post_id ON unsaved_posts (post_id);
CREATE INDEX IF NOT EXISTS unsaved_posts_updated ON unsaved_posts (updated_at);
