-- The state log: one row per document with its latest seq (a document has one scope for life), its snapshot, the changes
-- since, its projection. No row per device and document anywhere.

CREATE TABLE document (
    id           BLOB PRIMARY KEY,
    kind         TEXT NOT NULL,
    scope        BLOB NOT NULL,
    creator      BLOB NOT NULL,
    -- Empty until changes are folded into it for the first time.
    snapshot     BLOB NOT NULL,
    -- Changes up to this seq are in the snapshot only: a device that has not caught up to it gets the whole document.
    folded_seq   INTEGER NOT NULL,
    heads        BLOB NOT NULL,
    -- The projection, JSON; valid for the heads.
    row          TEXT NOT NULL,
    -- Schema step of the code that projected it.
    schema       INTEGER NOT NULL,
    created_seq  INTEGER NOT NULL,
    seq          INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX document_by_scope ON document (scope, seq);
CREATE INDEX document_by_kind ON document (kind, id);

-- Raw changes. Those of a folded document stay as the insurance until they are older than every device's catch-up.
CREATE TABLE change (
    hash        BLOB PRIMARY KEY,
    document    BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    device      BLOB,
    member      BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX change_by_document ON change (document, seq, place);

-- Which device an incarnation belongs to; device is NULL for an incarnation of the relay itself.
CREATE TABLE actor (
    id     BLOB PRIMARY KEY,
    device BLOB,
    member BLOB
) STRICT, WITHOUT ROWID;

-- What could not be let in: held until its parent arrives (awaits), or quarantined until somebody decides.
CREATE TABLE parked (
    number      INTEGER PRIMARY KEY,
    document    BLOB NOT NULL,
    kind        TEXT NOT NULL,
    device      BLOB NOT NULL,
    member      BLOB NOT NULL,
    actor       BLOB,
    heads       BLOB NOT NULL,
    base_run    BLOB,
    base_seq    INTEGER,
    code        TEXT NOT NULL,
    awaits      BLOB,
    scope       BLOB,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX parked_by_awaits ON parked (awaits) WHERE awaits IS NOT NULL;
CREATE INDEX parked_by_document ON parked (document);
CREATE INDEX parked_by_scope ON parked (scope);

CREATE TABLE parked_change (
    parked INTEGER NOT NULL REFERENCES parked (number) ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (parked, place)
) STRICT, WITHOUT ROWID;

-- What was decided; a row of the log, addressed to its author whatever scopes he has.
CREATE TABLE verdict (
    seq      INTEGER PRIMARY KEY,
    member   BLOB NOT NULL,
    document BLOB NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('accepted', 'dropped')),
    heads    BLOB NOT NULL,
    code     TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_by_member ON verdict (member, seq);

-- 128-bit wrapping sums over hash(id, heads), kept in the transaction that changes a document.
CREATE TABLE scope_digest (
    scope     BLOB PRIMARY KEY,
    digest    BLOB NOT NULL,
    documents INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where each device stands, as of its last contact.
CREATE TABLE device_state (
    device       BLOB PRIMARY KEY,
    cursor_run   BLOB,
    cursor_seq   INTEGER NOT NULL,
    pending      INTEGER NOT NULL,
    clock_offset_s INTEGER NOT NULL,
    contact_at   INTEGER NOT NULL,
    -- Last contact with nothing pending and nothing loading: the figures of this device's member are complete to here.
    complete_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE purge_receipt (
    device    BLOB NOT NULL,
    scope     BLOB NOT NULL,
    out_run   BLOB NOT NULL,
    out_seq   INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (device, scope, out_run, out_seq)
) STRICT, WITHOUT ROWID;
