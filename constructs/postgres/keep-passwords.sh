#!/bin/sh
# Sets the passwords of the roles whenever their files are others, while the server runs: one that was raised, or whose Secret
# was made again, becomes valid without a restart. It ends with the server.
set -u
passwords=$(dirname "$0")/passwords

# Nothing of a statement is logged: it holds a password.
export PGOPTIONS='-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic -c lock_timeout=5s'

known=
while sleep 5 && kill -0 "$PPID" 2>/dev/null; do
  found=$(cat "$passwords"/*.sql | sha256sum)
  [ "$found" = "$known" ] && continue
  cat "$passwords"/*.sql | psql --username=postgres --dbname=postgres --no-psqlrc --quiet --single-transaction \
    --set=ON_ERROR_STOP=1 >/dev/null 2>&1 || continue
  [ -z "$known" ] || echo 'The passwords of the roles were set to what their files say.' >&2
  known=$found
done
