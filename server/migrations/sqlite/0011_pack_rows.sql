-- Packs of rows alone, for devices that want no documents of what their member only reads from above.

ALTER TABLE pack ADD COLUMN rows INTEGER NOT NULL DEFAULT 0;
