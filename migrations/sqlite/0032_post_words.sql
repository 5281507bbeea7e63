-- One row per word of a live post: a rare word is found by an index range, and a frequent beginning (its first three
-- letters) in the order of the ranking. `weight` tells where the word is: in the title, a tag, the excerpt or the body.
CREATE TABLE IF NOT EXISTS post_words (
    post_id BLOB NOT NULL,
    word TEXT NOT NULL,
    prefix TEXT NOT NULL,
    weight INTEGER NOT NULL,
    lang TEXT NOT NULL,
    public_at TEXT,
    PRIMARY KEY (post_id, word),
    CONSTRAINT post_words_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS post_words_word ON post_words (lang, word, post_id);
CREATE INDEX IF NOT EXISTS post_words_rank ON post_words (lang, prefix, weight, public_at, post_id, word);
