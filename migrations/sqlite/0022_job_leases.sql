-- How long the lease of a worker is, by which it is cut where the database's clock was put back: two processes may have
-- leases of different lengths. It goes with its worker. And the index by which workers find the next job of a kind.
CREATE TABLE IF NOT EXISTS job_leases (
    worker_id BLOB NOT NULL,
    length_micros INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (worker_id),
    CONSTRAINT job_leases_worker FOREIGN KEY (worker_id) REFERENCES job_workers (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX IF NOT EXISTS jobs_kind ON jobs (state, kind, priority, id);
