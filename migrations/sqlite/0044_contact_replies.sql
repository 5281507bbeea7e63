-- What the office answered to a message of the contact form.
CREATE TABLE IF NOT EXISTS contact_replies (
    id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT contact_replies_message FOREIGN KEY (message_id) REFERENCES contact_messages (id) ON DELETE CASCADE,
    CONSTRAINT contact_replies_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE INDEX IF NOT EXISTS contact_replies_message_id ON contact_replies (message_id, id);
CREATE INDEX IF NOT EXISTS contact_replies_author_id ON contact_replies (author_id);
