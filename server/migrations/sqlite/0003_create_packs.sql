-- Packs that were built: immutable bundles of whole scopes, for devices that load them. The bytes lie in files beside the
-- database, named by hash; a file without a row is served to nobody. Nothing here is needed to keep what people wrote.

CREATE TABLE pack (
    hash      BLOB PRIMARY KEY,
    -- It holds its scopes as of this seq.
    seq       INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    -- How much its records are wanted at hand: which pack comes first.
    urgency   INTEGER NOT NULL,
    -- Last time that a manifest named it, to the day: what nobody wants any more is swept.
    used_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Deleted with the pack, and the pack with the first loss of access to one of its scopes.
CREATE TABLE pack_scope (
    scope BLOB NOT NULL,
    pack  BLOB NOT NULL REFERENCES pack (hash) ON DELETE CASCADE,
    PRIMARY KEY (scope, pack)
) STRICT, WITHOUT ROWID;
CREATE INDEX pack_scope_by_pack ON pack_scope (pack, scope);
