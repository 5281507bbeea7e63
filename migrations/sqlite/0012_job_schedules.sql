-- When the kinds of jobs that a clock asks for are due next. Whoever moves `next_at` on adds the job, in one transaction.
CREATE TABLE IF NOT EXISTS job_schedules (
    kind TEXT NOT NULL,
    cron TEXT NOT NULL,
    next_at TEXT NOT NULL,
    last_at TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (kind)
) STRICT;
