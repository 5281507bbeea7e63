-- Work that was promised in a transaction and happens later. `at` is when a job entered its state; of a delayed one,
-- when it is due. `pending_key` is the unique key while the job waits or is delayed.
CREATE TABLE IF NOT EXISTS jobs (
    id BINARY(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    priority BIGINT NOT NULL,
    state VARCHAR(20) NOT NULL,
    at DATETIME(6) NOT NULL,
    unique_key VARCHAR(190),
    pending_key VARCHAR(190),
    attempts BIGINT NOT NULL,
    worker_id BINARY(16),
    error TEXT,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY jobs_pending (pending_key),
    KEY jobs_next (state, priority, id),
    KEY jobs_at (state, at, id),
    CONSTRAINT jobs_state_known CHECK (state IN ('waiting', 'delayed', 'running', 'done', 'dead', 'discarded'))
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
