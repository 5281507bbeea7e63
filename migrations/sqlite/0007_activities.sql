-- Calls, mails, meetings, notes, tasks and reminders at a company. `is_open` is 1 until it is done or in the trash.
CREATE TABLE IF NOT EXISTS activities (
    id BLOB NOT NULL,
    company_id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT,
    due_on TEXT,
    done_at TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    live INTEGER GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN 1 END) VIRTUAL,
    is_open INTEGER GENERATED ALWAYS AS (CASE WHEN done_at IS NULL AND deleted_at IS NULL THEN 1 END) VIRTUAL,
    PRIMARY KEY (id),
    CONSTRAINT activities_kind_known CHECK (kind IN ('call', 'email', 'meeting', 'note', 'task', 'reminder')),
    CONSTRAINT activities_company FOREIGN KEY (company_id) REFERENCES companies (id),
    CONSTRAINT activities_author FOREIGN KEY (author_id) REFERENCES users (id)
) STRICT;

CREATE INDEX IF NOT EXISTS activities_company_id ON activities (company_id, live, id);
CREATE INDEX IF NOT EXISTS activities_open ON activities (is_open, due_on, id);
CREATE INDEX IF NOT EXISTS activities_author_id ON activities (author_id, is_open, due_on, id);
CREATE INDEX IF NOT EXISTS activities_done ON activities (live, done_at, id);
