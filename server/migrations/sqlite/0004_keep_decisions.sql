-- What decisions leave behind.

-- Hashes of the changes that leave their author's copy of the document by it, sorted, 32 bytes each; empty for none.
ALTER TABLE verdict ADD COLUMN changes BLOB NOT NULL DEFAULT x'';

-- Changes that were dropped, or taken in under another hash: they never enter as they were, and their numbers are used.
CREATE TABLE dropped (
    hash     BLOB PRIMARY KEY,
    document BLOB NOT NULL,
    actor    BLOB NOT NULL,
    number   INTEGER NOT NULL,
    -- The heads of the push that was decided, and the code under which it had waited.
    heads    BLOB NOT NULL,
    code     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dropped_by_document ON dropped (document);

-- Something that a member should hear of a record; a row of the log.
CREATE TABLE flag (
    seq      INTEGER PRIMARY KEY,
    member   BLOB NOT NULL,
    document BLOB NOT NULL,
    code     TEXT NOT NULL,
    heads    BLOB NOT NULL,
    author   BLOB NOT NULL
) STRICT;
CREATE INDEX flag_by_member ON flag (member, seq);

-- Waits for nothing but permission, and whether that may have come meanwhile.
ALTER TABLE parked ADD COLUMN denied INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parked ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;
CREATE INDEX parked_to_retry ON parked (number) WHERE retry = 1;
CREATE INDEX parked_denied ON parked (member, scope) WHERE denied = 1;
