-- Which scopes a device had not loaded whole at its last contact: their ids, sixteen bytes each, one after another. Its
-- cursor alone does not say: packs bring what lies below it.

ALTER TABLE device_state ADD COLUMN loading BLOB NOT NULL DEFAULT x'';
