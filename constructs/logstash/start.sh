#!/bin/sh
# Starts Logstash from a copy of its settings, which the image keeps beside files of its own.
set -eu
files=$(dirname "$0")
cp -r /usr/share/logstash/config/. "$1"
cat "$files/logstash.yml" >"$1/logstash.yml"
STOCK_LOGS_PASSWORD=$(cat "$files/elasticsearch-password")
export STOCK_LOGS_PASSWORD
# JRuby loads libraries from here; a scratch directory may be one that nothing is run from.
mkdir -p /usr/share/logstash/data/tmp
exec logstash --path.settings "$1" --path.config "$files/pipeline.conf"
