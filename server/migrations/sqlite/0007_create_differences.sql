-- Which parts of a document's row changed under a seq, as a JSON list of names: a device that has the row of before needs
-- no others. A document without one for each of its seqs since then is sent with its whole row.

CREATE TABLE difference (
    document BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    parts    TEXT NOT NULL,
    PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;
