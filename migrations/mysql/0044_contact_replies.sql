-- What the office answered to a message of the contact form.
CREATE TABLE IF NOT EXISTS contact_replies (
    id BINARY(16) NOT NULL,
    message_id BINARY(16) NOT NULL,
    author_id BINARY(16) NOT NULL,
    body MEDIUMTEXT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT contact_replies_message FOREIGN KEY (message_id) REFERENCES contact_messages (id) ON DELETE CASCADE,
    CONSTRAINT contact_replies_author FOREIGN KEY (author_id) REFERENCES users (id),
    KEY contact_replies_message_id (message_id, id),
    KEY contact_replies_author_id (author_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
