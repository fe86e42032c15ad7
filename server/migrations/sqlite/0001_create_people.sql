-- The organisation and its counter, the runs of the relay, and everything about people.
-- Ids are sixteen bytes; times are milliseconds since 1970 (UTC); seqs come from org.seq, each row its own.

CREATE TABLE org (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    id            BLOB NOT NULL,
    name          TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    -- Raised when teams or members change.
    directory_seq INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
    number     INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    first_seq  INTEGER NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team (
    id     BLOB PRIMARY KEY,
    parent BLOB REFERENCES team (id),
    name   TEXT NOT NULL,
    seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    id         BLOB PRIMARY KEY,
    team       BLOB REFERENCES team (id),
    role       TEXT NOT NULL CHECK (role IN ('rep', 'manager', 'admin')),
    name       TEXT NOT NULL,
    locale     TEXT NOT NULL,
    time_zone  TEXT NOT NULL,
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_team ON member (team);

-- The tree of permission. A private scope has an owner and no parent.
CREATE TABLE scope (
    id     BLOB PRIMARY KEY,
    parent BLOB REFERENCES scope (id),
    kind   TEXT NOT NULL CHECK (kind IN ('org', 'team', 'member', 'record', 'private')),
    owner  BLOB REFERENCES member (id),
    -- Raised when the parent or the assignees change.
    seq    INTEGER NOT NULL,
    CHECK (kind <> 'private' OR parent IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_by_parent ON scope (parent);
CREATE INDEX scope_by_seq ON scope (seq);

-- role: 1 read, 2 write, 3 manage. A standard grant follows from role and team; an assigned one was given by a person.
CREATE TABLE permission (
    member BLOB NOT NULL REFERENCES member (id),
    node   BLOB NOT NULL REFERENCES scope (id),
    reach  TEXT NOT NULL CHECK (reach IN ('node', 'subtree')),
    origin TEXT NOT NULL CHECK (origin IN ('standard', 'assigned')),
    role   INTEGER NOT NULL CHECK (role IN (1, 2, 3)),
    PRIMARY KEY (member, node, reach, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_by_node ON permission (node);

-- What follows from tree and permissions, and when it changed last. A row is never deleted: an "out" row is what tells
-- a device that was away for a year to drop the scope.
CREATE TABLE access (
    member          BLOB NOT NULL REFERENCES member (id),
    scope           BLOB NOT NULL REFERENCES scope (id),
    seq             INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('in', 'out')),
    role            INTEGER NOT NULL CHECK (role IN (1, 2, 3)),
    in_since_seq    INTEGER NOT NULL,
    write_until_seq INTEGER,
    write_until_at  INTEGER,
    PRIMARY KEY (member, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_by_seq ON access (member, seq);
CREATE INDEX access_by_scope ON access (scope);

-- The spans of seq in which a member could write a scope: from_seq included, until_seq excluded.
CREATE TABLE tenure (
    member    BLOB NOT NULL,
    scope     BLOB NOT NULL,
    from_seq  INTEGER NOT NULL,
    until_seq INTEGER,
    until_at  INTEGER,
    PRIMARY KEY (member, scope, from_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id           BLOB PRIMARY KEY,
    member       BLOB NOT NULL REFERENCES member (id),
    name         TEXT NOT NULL,
    platform     TEXT NOT NULL,
    public_key   BLOB NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_by_member ON device (member);

-- Codes, tokens and keys are kept as SHA-256 only.
CREATE TABLE invite (
    id         BLOB PRIMARY KEY,
    code_hash  BLOB NOT NULL UNIQUE,
    member     BLOB NOT NULL REFERENCES member (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    device     BLOB REFERENCES device (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash       BLOB PRIMARY KEY,
    device     BLOB NOT NULL REFERENCES device (id),
    revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_device ON token (device);
CREATE INDEX token_by_expiry ON token (expires_at);

CREATE TABLE api_key (
    id         BLOB PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    member     BLOB NOT NULL REFERENCES member (id),
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Who changed whose access. actor is NULL for the command line.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   BLOB,
    action  TEXT NOT NULL,
    subject BLOB NOT NULL,
    member  BLOB
) STRICT;
