#!/bin/sh
# Restores a backup of backup-v1.sh into an InfluxDB 1 that has no database energy (or INFLUX_DATABASE): points and retention policies. Users and
# continuous queries are not in it: run bootstrap-v1.sh afterward, which makes the queries.
#   INFLUX_RPC=127.0.0.1:8088 sh restore-v1.sh /var/backups/influxdb/20260329T002000Z
# INFLUX_WAIT_SECONDS=60: how long it waits for a server that was just started.
set -eu

rpc=${INFLUX_RPC:-127.0.0.1:8088}
database=${INFLUX_DATABASE:-energy}
from=${1:-}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# shellcheck source=deploy/backup/rpc.sh
. "$(dirname -- "$0")/rpc.sh"

command -v influxd >/dev/null 2>&1 || fail 'This script needs influxd, the server program of InfluxDB 1: run it on the machine of the server.'
command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
[ -n "$from" ] || fail 'Say what to restore: sh restore-v1.sh /var/backups/influxdb/20260329T002000Z'
case $from in
  *.part | *.part/) fail "$from is a backup that was never finished: choose another." ;;
esac
ls "$from"/*.manifest >/dev/null 2>&1 || fail "$from is no backup: it has no manifest."
wait_for_server
log=$(influxd restore -portable -db "$database" -host "$rpc" "$from" 2>&1) || {
  case $log in
    *'already exist'*) fail "InfluxDB at $rpc has a database $database: restore into one that has none, or drop it first (DROP DATABASE \"$database\")." ;;
    *) fail "InfluxDB at $rpc does not take the backup ($(printf '%s\n' "$log" | tail -n 1)): check bind-address in influxdb.conf." ;;
  esac
}
echo "Restored $from. Now run bootstrap-v1.sh for the continuous queries, and pm500 influx rollup for what came since."
