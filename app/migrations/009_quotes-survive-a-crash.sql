-- expand
-- allow rewrite: it has one row for each stock, and is written anew within a second

-- Up Migration

-- Unlogged, the table was empty after every crash and on every standby that took over.
ALTER TABLE quote SET LOGGED;

-- Down Migration

ALTER TABLE quote SET UNLOGGED;
