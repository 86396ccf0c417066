#!/bin/sh
# Starts Nginx, after it was written down for it whom to ask for addresses while it runs: it reads that nowhere else.
set -eu
system=/etc/resolv.conf
servers=$(sed -n -e 's/^nameserver[[:space:]]*\([0-9.]*\)$/\1/p' -e 's/^nameserver[[:space:]]*\([0-9a-f:]*:[0-9a-f:]*\)$/[\1]/p' $system)
# In a cluster names end with its domain, which only the system's search list tells.
domain=$(sed -n 's/^search.*[[:space:]]svc\(\.[^[:space:]]*\).*/\1/p' $system)
cat >/tmp/resolver.conf <<END
resolver $(echo $servers) valid=10s;
resolver_timeout 2s;
map \$host \$cluster_domain { default "$domain"; }
END
exec nginx -e /dev/stderr -c "$(dirname "$0")/nginx.conf" -g 'daemon off;'
