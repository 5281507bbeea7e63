-- The processes that run jobs. One that is not heard of before its lease ends is dead, and its jobs return.
CREATE TABLE IF NOT EXISTS job_workers (
    id BINARY(16) NOT NULL,
    name VARCHAR(100) NOT NULL,
    lease_until DATETIME(6) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
