#!/bin/sh
# Starts the exporter, which reads no password from a file.
set -eu
ES_PASSWORD=$(cat "$(dirname "$0")/password")
export ES_PASSWORD
exec /bin/elasticsearch_exporter "$@"
