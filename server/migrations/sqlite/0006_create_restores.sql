-- What follows when this database turns out to be older than what devices were told: put back from a backup.

-- The newest row counts. Without `confirmed_at` the relay serves nobody.
CREATE TABLE restore (
    number        INTEGER PRIMARY KEY,
    cause         TEXT NOT NULL CHECK (cause IN ('mark', 'devices', 'operator')),
    began_at      INTEGER NOT NULL,
    confirmed_at  INTEGER,
    -- Until then devices may bring back what others wrote.
    returns_until INTEGER
) STRICT;

-- Devices that named a point which this database never gave: not served until somebody has decided.
CREATE TABLE beyond (
    device    BLOB PRIMARY KEY,
    member    BLOB NOT NULL,
    run       BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- Somebody has decided that what it named is no restore: the device alone begins anew.
    dismissed INTEGER NOT NULL CHECK (dismissed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What devices brought back that another had written.
CREATE TABLE returned (
    restore  INTEGER NOT NULL REFERENCES restore (number),
    device   BLOB NOT NULL,
    author   BLOB NOT NULL,
    changes  INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (restore, device, author)
) STRICT, WITHOUT ROWID;

-- Whether a mark stands beside the database since it was served first: then its absence means something.
CREATE TABLE mark (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    made_at INTEGER NOT NULL
) STRICT;
