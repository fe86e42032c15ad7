-- Receipts of revoked devices that have deleted everything they held.
CREATE TABLE wipe_receipt (
    device    BLOB PRIMARY KEY,
    documents INTEGER NOT NULL,
    -- Sum over what was deleted, as in scope_digest.
    digest    BLOB NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
