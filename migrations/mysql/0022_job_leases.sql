-- How long the lease of a worker is, by which it is cut where the database's clock was put back: two processes may have
-- leases of different lengths. It goes with its worker.
CREATE TABLE IF NOT EXISTS job_leases (
    worker_id BINARY(16) NOT NULL,
    length_micros BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (worker_id),
    CONSTRAINT job_leases_worker FOREIGN KEY (worker_id) REFERENCES job_workers (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
