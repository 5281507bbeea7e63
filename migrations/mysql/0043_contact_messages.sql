-- What strangers wrote through the contact form, with the evidence of their consent. `digest` tells a repeat: it is made
-- of what was typed, the IP address and a span of ten minutes.
CREATE TABLE IF NOT EXISTS contact_messages (
    id BINARY(16) NOT NULL,
    name VARCHAR(200) NOT NULL,
    email VARCHAR(254) NOT NULL,
    phone VARCHAR(20),
    company VARCHAR(200),
    body MEDIUMTEXT NOT NULL,
    consented_at DATETIME(6) NOT NULL,
    ip VARCHAR(45),
    user_agent VARCHAR(255),
    locale VARCHAR(2) NOT NULL,
    digest BINARY(32) NOT NULL,
    state VARCHAR(10) NOT NULL,
    version BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY contact_messages_digest (digest),
    KEY contact_messages_state (state, id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
