-- Work that was promised in a transaction and happens later. `at` is when a job entered its state; of a delayed one,
-- when it is due. `pending_key` is the unique key while the job waits or is delayed.
CREATE TABLE IF NOT EXISTS jobs (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    unique_key TEXT,
    pending_key TEXT,
    attempts INTEGER NOT NULL,
    worker_id BLOB,
    error TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT jobs_state_known CHECK (state IN ('waiting', 'delayed', 'running', 'done', 'dead', 'discarded'))
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS jobs_pending ON jobs (pending_key);
CREATE INDEX IF NOT EXISTS jobs_next ON jobs (state, priority, id);
CREATE INDEX IF NOT EXISTS jobs_at ON jobs (state, at, id);
