#!/bin/sh
# Starts the server. Before, while nobody can connect, the superuser makes what is missing: the data directory, the database,
# its roles with their passwords as they are now, and an empty database with the same rights, which restores begin with.
# Nothing else uses the superuser, which has no password.
set -eu
files=$(dirname "$0")

# A server that was killed left its lock, with the number of a process that in a new container is this shell: PostgreSQL takes
# a lock of its own grandparent for what it is, and would otherwise never start again.
export PG_GRANDPARENT_PID=$$

# A statement ends with an empty line. One that fails ends the start, and is not logged: it may hold a password.
run() {
  postgres --single -j -D "$1" -c exit_on_error=on -c log_min_error_statement=panic "$2"
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.unfinished"
  initdb --pgdata="$PGDATA.unfinished" --username=postgres --auth-local=peer --auth-host=reject \
    --data-checksums --encoding=UTF8 --locale=C.UTF-8
  # Where an upgrade brings it, nobody is to find an empty one before.
  if [ -z "${DATABASE_COMES_FROM:-}" ]; then
    printf 'CREATE DATABASE stockdb;\n\n' | run "$PGDATA.unfinished" postgres >/dev/null
  fi
  # The name says that it is whole: an interrupted start leaves only the unfinished one.
  mv "$PGDATA.unfinished" "$PGDATA"
fi

# A data directory of another origin may have another superuser; `psql` in the container is to work with each.
printf "DO \$\$ BEGIN IF to_regrole('postgres') IS NULL THEN CREATE ROLE postgres SUPERUSER LOGIN; END IF; END \$\$;\n\n" |
  run "$PGDATA" postgres >/dev/null
cat "$files"/roles.sql "$files"/monitor.sql "$files"/backup.sql "$files"/logins.sql "$files"/passwords/*.sql | run "$PGDATA" postgres >/dev/null

databases=$(printf 'SELECT datname FROM pg_database;\n\n' | run "$PGDATA" postgres)
there_is() {
  printf '%s' "$databases" | grep -qF "datname = \"$1\""
}

if ! there_is stock_template; then
  printf 'CREATE DATABASE stock_template TEMPLATE template0 IS_TEMPLATE true ALLOW_CONNECTIONS false;\n\n' |
    run "$PGDATA" postgres >/dev/null
fi
run "$PGDATA" stock_template <"$files"/rights.sql >/dev/null

# An upgrade gives it another name while nobody is to write: an empty one in its place would hide what there is.
if there_is stockdb; then
  {
    # Who owns a database may rename it.
    printf 'ALTER DATABASE stockdb OWNER TO stock_backup;\n\n'
    cat "$files"/rights.sql
  } | run "$PGDATA" stockdb >/dev/null
else
  echo 'There is no database stockdb, and none is made: an upgrade is under way, "stockops upgrade" goes on with it, or somebody renamed it; "psql -l" lists what there is, ALTER DATABASE ... RENAME TO stockdb brings it back.' >&2
fi

sh "$files"/keep-passwords.sh &
exec postgres -c config_file="$files"/postgresql.conf -c hba_file="$files"/pg_hba.conf
