-- The processes that run jobs. One that is not heard of before its lease ends is dead, and its jobs return.
CREATE TABLE IF NOT EXISTS job_workers (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT;
