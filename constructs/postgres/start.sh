#!/bin/sh
# Starts the server. Before, while nobody can connect, the superuser makes what is missing: the data directory, the database
# and its roles, with their passwords as they are now. Nothing else uses the superuser, which has no password.
set -eu
files=$(dirname "$0")

# A statement ends with an empty line. One that fails ends the start, and is not logged: it may hold a password.
run() {
  postgres --single -j -D "$1" -c exit_on_error=on -c log_min_error_statement=panic "$2" >/dev/null
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.unfinished"
  initdb --pgdata="$PGDATA.unfinished" --username=postgres --auth-local=peer --auth-host=reject \
    --data-checksums --encoding=UTF8 --locale=C.UTF-8
  printf 'CREATE DATABASE stockdb;\n\n' | run "$PGDATA.unfinished" postgres
  # The name says that it is whole: an interrupted start leaves only the unfinished one.
  mv "$PGDATA.unfinished" "$PGDATA"
fi
# A data directory of another origin may have another superuser; `psql` in the container is to work with each.
printf "DO \$\$ BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER LOGIN; END IF; END \$\$;\n\n" |
  run "$PGDATA" stockdb
cat "$files"/roles.sql "$files"/monitor.sql "$files"/*-password.sql "$files"/rights.sql | run "$PGDATA" stockdb

exec postgres -c config_file="$files"/postgresql.conf -c hba_file="$files"/pg_hba.conf
