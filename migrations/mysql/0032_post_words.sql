-- One row per word of a live post: a rare word is found by an index range, and a frequent beginning (its first three
-- letters) in the order of the ranking. `weight` tells where the word is: in the title, a tag, the excerpt or the body.
CREATE TABLE IF NOT EXISTS post_words (
    post_id BINARY(16) NOT NULL,
    word VARCHAR(64) NOT NULL,
    prefix VARCHAR(3) NOT NULL,
    weight BIGINT NOT NULL,
    lang VARCHAR(2) NOT NULL,
    public_at DATETIME(6),
    PRIMARY KEY (post_id, word),
    CONSTRAINT post_words_post FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    KEY post_words_word (lang, word, post_id),
    KEY post_words_rank (lang, prefix, weight, public_at, post_id, word)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
