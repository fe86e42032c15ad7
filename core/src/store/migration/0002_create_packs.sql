-- Packs of the present loading: those that are to be taken and those that were. They tell how far it is, and where to go
-- on after a cut. Gone when nothing is loading any more.
CREATE TABLE pack (
    hash      BLOB NOT NULL UNIQUE,
    -- Order in which they are worth having.
    place     INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    taken     INTEGER NOT NULL DEFAULT 0,
    -- What was fetched of it before the line was cut.
    part      BLOB
) STRICT;
