-- Where answers to a mail go, if not to its sender.
CREATE TABLE IF NOT EXISTS mail_reply_tos (
    mail_id BLOB NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (mail_id),
    CONSTRAINT mail_reply_tos_mail FOREIGN KEY (mail_id) REFERENCES mails (id) ON DELETE CASCADE
) STRICT;
