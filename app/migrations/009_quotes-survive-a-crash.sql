-- expand

-- Up Migration

-- Unlogged, the table was empty after every crash and on every standby that took over.
ALTER TABLE quote SET LOGGED;

-- Down Migration

ALTER TABLE quote SET UNLOGGED;
