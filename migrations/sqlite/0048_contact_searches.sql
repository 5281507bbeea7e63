-- The words of a message as search compares them, apart from it: it is written once, with it.
CREATE TABLE IF NOT EXISTS contact_searches (
    message_id BLOB NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (message_id),
    CONSTRAINT contact_searches_message FOREIGN KEY (message_id) REFERENCES contact_messages (id) ON DELETE CASCADE
) STRICT;
