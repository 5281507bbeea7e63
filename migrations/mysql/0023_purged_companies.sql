-- Companies that were deleted for good. Of such a one only the row stays, without what it said, because what was written
-- down about it names it.
CREATE TABLE IF NOT EXISTS purged_companies (
    company_id BINARY(16) NOT NULL,
    purged_at DATETIME(6) NOT NULL,
    PRIMARY KEY (company_id),
    CONSTRAINT purged_companies_company FOREIGN KEY (company_id) REFERENCES companies (id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
