-- What somebody typed and has not saved yet, one for each post and person. `post_id` may be of a post that is not there yet.
CREATE TABLE IF NOT EXISTS post_drafts (
    user_id BLOB NOT NULL,
    post_id BLOB NOT NULL,
    fields TEXT NOT NULL,
    base_version INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, post_id),
    CONSTRAINT post_drafts_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS post_drafts_post_id ON post_drafts (post_id);
CREATE INDEX IF NOT EXISTS post_drafts_updated ON post_drafts (updated_at);
