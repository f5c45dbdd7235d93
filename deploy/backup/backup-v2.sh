#!/bin/sh
# Backs up all of InfluxDB 2 while it runs, by its own command line (influx): points, buckets, tasks, users, tokens, and the
# names by which InfluxQL asks for buckets.
#   INFLUX_HOST=http://127.0.0.1:8086 INFLUX_TOKEN_FILE=secrets/influx_admin_token sh backup-v2.sh /var/backups/influxdb
# INFLUX_TOKEN_FILE: a file with the token of an operator; or INFLUX_TOKEN, the token itself.
# Keeps what is there: each run makes a folder of its own, named by the time (UTC), and says it when it is whole.
set -eu
umask 077

into=${1:-}
host=${INFLUX_HOST:-http://localhost:8086}

# shellcheck source=deploy/backup/part.sh
. "$(dirname -- "$0")/part.sh"

[ -n "$into" ] || fail 'Say where to: sh backup-v2.sh /var/backups/influxdb'
command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
if [ -n "${INFLUX_TOKEN_FILE:-}" ]; then
  INFLUX_TOKEN=$(cat -- "$INFLUX_TOKEN_FILE" 2>/dev/null) || fail "The token in $INFLUX_TOKEN_FILE cannot be read: run this as its owner or as root."
  export INFLUX_TOKEN
fi
# With an organization the points of others would be left out.
unset INFLUX_ORG INFLUX_ORG_ID
influx ping >/dev/null 2>&1 || fail "InfluxDB does not answer at $host: set INFLUX_HOST to its address, and see that it runs."
begin_part ''
influx backup "$part" >"$into/last-backup.log" 2>&1 ||
  fail "InfluxDB at $host gives no backup ($(last_line "$into/last-backup.log")): give it the token of an operator, and check the space in $into."
ls "$part"/*.manifest >/dev/null 2>&1 || fail "InfluxDB at $host gave a backup without a manifest: see $into/last-backup.log."
end_part
