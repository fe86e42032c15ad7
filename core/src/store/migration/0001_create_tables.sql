-- What the device keeps. The tables of the kinds of record are not here: they are made from the table of kinds.

-- Who this device is: small values by name.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One record as what merges. `number` is the device's own short name for it.
CREATE TABLE document (
    number       INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    -- NULL while the record that it hangs on is not here.
    scope        BLOB,
    heads        BLOB NOT NULL,
    -- The version that the relay has acknowledged.
    acked        BLOB,
    -- The version that the relay keeps for somebody to decide (quarantined) or until its parent arrives (held).
    parked       BLOB,
    parked_code  TEXT,
    -- The relay lacks what it builds on: the next push carries the whole.
    push_whole   INTEGER NOT NULL DEFAULT 0,
    -- What came did not reach the heads that were named: ask for the whole.
    want_whole   INTEGER NOT NULL DEFAULT 0,
    -- Failed pushes since the last that was decided, why, and the time before which to leave it.
    attempts     INTEGER NOT NULL DEFAULT 0,
    trouble      TEXT,
    retry_at_ms  INTEGER NOT NULL DEFAULT 0,
    -- Last, so that reading the others never walks its overflow pages. Empty: the seed alone.
    snapshot     BLOB NOT NULL
) STRICT;
CREATE INDEX document_by_scope ON document (scope);
-- Dirtiness is derived, never stored: it cannot be wrong, and this index finds it without a scan.
CREATE INDEX document_dirty ON document (number) WHERE heads IS NOT acked AND heads IS NOT parked;
CREATE INDEX document_parked ON document (number) WHERE parked IS NOT NULL;
CREATE INDEX document_wanted ON document (number) WHERE want_whole = 1;

-- Raw changes since the snapshot, and those made here until the relay has them.
CREATE TABLE change (
    number   INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES document (number) ON DELETE CASCADE,
    hash     BLOB NOT NULL,
    -- Made here and not acknowledged.
    local    INTEGER NOT NULL,
    -- The cursor when it was made.
    base_run BLOB,
    base_seq INTEGER,
    -- In the snapshot already; kept only because it is local.
    folded   INTEGER NOT NULL DEFAULT 0,
    bytes    BLOB NOT NULL,
    UNIQUE (document, hash)
) STRICT;

-- Rows of kinds that this version does not know: kept as they came.
CREATE TABLE unknown_row (
    document   INTEGER PRIMARY KEY REFERENCES document (number) ON DELETE CASCADE,
    updated_ms INTEGER NOT NULL,
    row        TEXT NOT NULL
) STRICT;

-- Which columns and searched fields the table of a kind was filled with. Where this version's differ, it is filled again
-- from the rows, in the background, up to the document of that number.
CREATE TABLE kind_table (
    kind      TEXT PRIMARY KEY,
    signature TEXT NOT NULL,
    filled_to INTEGER,
    -- Whether the filling also makes the search entries anew.
    reindex   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The entries of the search index, in the order in which they came: the newest has the highest number.
CREATE TABLE search_entry (
    number   INTEGER PRIMARY KEY,
    document INTEGER NOT NULL UNIQUE REFERENCES document (number) ON DELETE CASCADE
) STRICT;
-- Contentless: the texts stand in the rows. `ascii` takes every other character as part of a word, so it splits exactly
-- where `projection::token` put a space. Positions are of no use without phrases.
CREATE VIRTUAL TABLE search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
-- Documents whose entry is still to be made.
CREATE TABLE search_pending (
    document   INTEGER PRIMARY KEY REFERENCES document (number) ON DELETE CASCADE,
    updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX search_pending_by_time ON search_pending (updated_ms);

-- Keys under which likely duplicates meet.
CREATE TABLE blocking_key (
    key      TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES document (number) ON DELETE CASCADE,
    PRIMARY KEY (key, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocking_key_by_document ON blocking_key (document);

-- The relay's relations, shipped beside the documents.
CREATE TABLE scope (
    id        BLOB PRIMARY KEY,
    parent    BLOB,
    -- Members assigned to it, as a JSON list.
    assignees TEXT NOT NULL DEFAULT '[]',
    -- What this member may do there: 0 read, 1 write, 2 manage; NULL where no grant reaches it.
    access    INTEGER,
    -- Sum of the shares of its documents at their acknowledged versions.
    digest    BLOB,
    documents INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_by_parent ON scope (parent);
CREATE TABLE member (
    id     BLOB PRIMARY KEY,
    name   TEXT NOT NULL,
    role   TEXT NOT NULL,
    team   BLOB,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE team (
    id     BLOB PRIMARY KEY,
    parent BLOB,
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the device is: named points of the relay's log.
CREATE TABLE sync_point (
    name TEXT PRIMARY KEY,
    run  BLOB NOT NULL,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Scopes still loading, and the seq up to which their documents are there.
CREATE TABLE loading (
    scope BLOB PRIMARY KEY,
    seq   INTEGER NOT NULL,
    done  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Scopes to drop, once what is dirty in them was handed in.
CREATE TABLE pending_out (
    scope     BLOB PRIMARY KEY,
    run       BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    -- Documents deleted so far; `purged` says that none is left and the receipt is owed.
    documents INTEGER NOT NULL DEFAULT 0,
    purged    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What the author has to know: quarantined, dropped, accepted late.
CREATE TABLE notice (
    number   INTEGER PRIMARY KEY,
    document BLOB NOT NULL,
    kind     TEXT NOT NULL,
    code     TEXT NOT NULL,
    state    TEXT NOT NULL,
    heads    BLOB NOT NULL,
    at_ms    INTEGER NOT NULL,
    -- The edit in plain values, where it is in no document any more. JSON.
    detail   TEXT,
    seen     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notice_by_document ON notice (document);
