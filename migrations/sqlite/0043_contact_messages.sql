-- What strangers wrote through the contact form, with the evidence of their consent. `digest` tells a repeat: it is made
-- of what was typed, the IP address and a span of ten minutes.
CREATE TABLE IF NOT EXISTS contact_messages (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT,
    company TEXT,
    body TEXT NOT NULL,
    consented_at TEXT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    locale TEXT NOT NULL,
    digest BLOB NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS contact_messages_digest ON contact_messages (digest);
CREATE INDEX IF NOT EXISTS contact_messages_state ON contact_messages (state, id);
