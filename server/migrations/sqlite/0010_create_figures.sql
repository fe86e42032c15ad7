-- What figures are made of: sums over records, kept up to date in the transaction that writes a row or moves a scope. All of
-- it follows from the rows: `satchel admin figures rebuild` makes it anew, `check` says whether it agrees.

-- day counts from 0001-01-01. What is summed is hi * 2^32 + lo. A unit is a node of the tree or a member.
CREATE TABLE figure_cell (
    topic    INTEGER NOT NULL,
    unit     BLOB NOT NULL,
    day      INTEGER NOT NULL,
    home     BLOB NOT NULL,
    currency TEXT NOT NULL,
    label    TEXT NOT NULL,
    n        INTEGER NOT NULL,
    hi       INTEGER NOT NULL,
    lo       INTEGER NOT NULL,
    PRIMARY KEY (topic, unit, day, home, currency, label)
) STRICT, WITHOUT ROWID;

-- For which units and days a record counts: the records behind a figure.
CREATE TABLE figure_mark (
    kind     TEXT NOT NULL,
    unit     BLOB NOT NULL,
    day      INTEGER NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (kind, unit, day, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX figure_mark_by_document ON figure_mark (document, unit, day);

-- The orders taken on visits, and how many lines each has.
CREATE TABLE figure_taken (
    visit    BLOB NOT NULL,
    document BLOB NOT NULL,
    lines    INTEGER NOT NULL,
    PRIMARY KEY (visit, document)
) STRICT, WITHOUT ROWID;

-- Where the records of a scope were counted: the node under which it hung, and who held it (ids one after another).
CREATE TABLE figure_place (
    scope   BLOB PRIMARY KEY,
    home    BLOB NOT NULL,
    holders BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Counted by which version, in which zone. Without a row nothing is kept yet.
CREATE TABLE figure_state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    zone    TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Nothing is to be counted in an empty database.
INSERT INTO figure_state (one, zone, version) SELECT 1, 'UTC', 1 WHERE NOT EXISTS (SELECT 1 FROM document);
