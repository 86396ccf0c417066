#!/bin/sh
# Starts Kibana, which reads no secret from a file.
set -eu
files=$(dirname "$0")
STOCK_ELASTICSEARCH_PASSWORD=$(cat "$files/elasticsearch-password")
STOCK_ENCRYPTION_KEY=$(cat "$files/encryption-key")
export STOCK_ELASTICSEARCH_PASSWORD STOCK_ENCRYPTION_KEY
exec /usr/share/kibana/bin/kibana --config="$files/kibana.yml"
