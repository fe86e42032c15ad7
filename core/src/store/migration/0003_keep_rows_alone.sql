-- Records of which only the row is here: what a manager reads from above and does not want as documents.

-- Nothing stands in `snapshot`, and no change: `heads` is the version of the row. After `snapshot`, and yet read without
-- its pages: 0 and 1 take no bytes in a record.
ALTER TABLE document ADD COLUMN row_only INTEGER NOT NULL DEFAULT 0;
-- Written here: a newer row does not take the place of its document.
ALTER TABLE document ADD COLUMN keep_whole INTEGER NOT NULL DEFAULT 0;
-- Of what is here already nobody knows any more whether some of it was written here.
UPDATE document SET keep_whole = 1;
CREATE INDEX document_row_only ON document (scope) WHERE row_only = 1;
-- A row is never written here, so it is never dirty, also while it is not acknowledged: after a new epoch the relay has yet
-- to name it again.
DROP INDEX document_dirty;
CREATE INDEX document_dirty ON document (number) WHERE heads IS NOT acked AND heads IS NOT parked AND row_only = 0;
CREATE INDEX document_row_unnamed ON document (number) WHERE row_only = 1 AND acked IS NULL;
