#!/bin/sh
# Starts the server, and gives its users their passwords again whenever their files are others: one that was raised, or whose
# Secret was made again, becomes valid without a restart, and whoever is connected stays (ACL LOAD of Redis 7.0 ends every connection).
set -eu
umask 077
files=$(dirname "$0")
# May change users and do nothing else; nobody but this script knows its password.
keeper=$(head -c 32 /dev/urandom | sha256sum | cut -c 1-64)

users() {
  cat "$files"/users/*.acl
}

# One answer for each line, all of them OK: a server that does not answer has taken nothing.
set_users() {
  asked=$(users | sed 's/^user \([^ ]*\) /ACL SETUSER \1 resetpass /')
  answers=$(printf 'AUTH keeper %s\n%s\n' "$keeper" "$asked" | redis-cli 2>/dev/null)
  [ "$(printf '%s\n' "$answers" | grep -cx OK)" = "$(printf 'AUTH\n%s\n' "$asked" | grep -c .)" ]
}

keep_users() {
  # The server has the number that this script began with.
  while sleep 5 && kill -0 $$ 2>/dev/null; do
    found=$(users | sha256sum)
    [ "$found" = "$known" ] && continue
    set_users || continue
    echo 'The users have the passwords that their files say.' >&2
    known=$found
  done
}

known=$(users | sha256sum)
# Whoever gives no name is nobody.
{
  echo 'user default off'
  echo "user keeper on >$keeper +acl|setuser"
  users
} >/tmp/users.acl
keep_users &
exec docker-entrypoint.sh redis-server "$files"/redis.conf
