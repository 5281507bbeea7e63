-- When the kinds of jobs that a clock asks for are due next. Whoever moves `next_at` on adds the job, in one transaction.
CREATE TABLE IF NOT EXISTS job_schedules (
    kind VARCHAR(64) NOT NULL,
    cron VARCHAR(64) NOT NULL,
    next_at DATETIME(6) NOT NULL,
    last_at DATETIME(6),
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (kind)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
