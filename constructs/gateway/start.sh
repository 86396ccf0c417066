#!/bin/sh
# Starts Nginx, after it was written down for it whom to ask for addresses while it runs, and what names in a cluster end with:
# it reads the system's configuration of names nowhere, and its search list not at all.
set -eu
system=/etc/resolv.conf
servers=$(sed -n -e 's/^nameserver[[:space:]]*\([0-9.]*\)$/\1/p' -e 's/^nameserver[[:space:]]*\([0-9a-f:]*:[0-9a-f:]*\)$/[\1]/p' $system)
domain=$(sed -n 's/^search.*[[:space:]]svc\(\.[^[:space:]]*\).*/\1/p' $system)
cat >/tmp/resolver.conf <<END
resolver $(echo $servers) valid=10s;
resolver_timeout 2s;
END
# It does not start on addresses of IPv6 where the kernel has none.
without=$([ -e /proc/net/if_inet6 ] || echo '/listen \[::\]:/d')
sed -e "s/\$cluster_domain/$domain/g" -e "$without" "$(dirname "$0")/nginx.conf" >/tmp/nginx.conf
exec nginx -e /dev/stderr -c /tmp/nginx.conf -g 'daemon off;'
