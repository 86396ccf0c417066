#!/bin/sh
# Starts the server from a copy of its configuration: the image writes its keystore there, and its own root is read-only.
set -eu
files=$(dirname "$0")
cp -r /usr/share/elasticsearch/config/. "$ES_PATH_CONF"
cat "$files/elasticsearch.yml" >"$ES_PATH_CONF/elasticsearch.yml"
# Of the superuser, until the security index has one; the image refuses files that others may read.
ELASTIC_PASSWORD=$(cat "$files/superuser-password")
export ELASTIC_PASSWORD
exec /usr/local/bin/docker-entrypoint.sh eswrapper
