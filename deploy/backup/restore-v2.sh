#!/bin/sh
# Restores a backup of backup-v2.sh into an InfluxDB 2 that has no points. It takes the place of everything there: buckets,
# tasks, users and tokens are those of the backup then, that of the operator too.
#   INFLUX_HOST=http://127.0.0.1:8086 INFLUX_TOKEN_FILE=secrets/influx_admin_token sh restore-v2.sh /var/backups/influxdb/20260329T002000Z
# INFLUX_TOKEN_FILE: a file with the token of an operator of the new server; or INFLUX_TOKEN, the token itself.
set -eu

from=${1:-}
host=${INFLUX_HOST:-http://localhost:8086}
tiers='raw 1m 15m day month'

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
[ -n "$from" ] || fail 'Say what to restore: sh restore-v2.sh /var/backups/influxdb/20260329T002000Z'
case $from in
  *.part | *.part/) fail "$from is a backup that was never finished: choose another." ;;
esac
ls "$from"/*.manifest >/dev/null 2>&1 || fail "$from is no backup: it has no manifest."
if [ -n "${INFLUX_TOKEN_FILE:-}" ]; then
  INFLUX_TOKEN=$(cat -- "$INFLUX_TOKEN_FILE" 2>/dev/null) || fail "The token in $INFLUX_TOKEN_FILE cannot be read: run this as its owner or as root."
  export INFLUX_TOKEN
fi
influx ping >/dev/null 2>&1 || fail "InfluxDB does not answer at $host: set INFLUX_HOST to its address, and see that it runs."
buckets=$(influx bucket list --hide-headers 2>&1) ||
  fail "InfluxDB at $host refuses the token ($(printf '%s\n' "$buckets" | tail -n 1)): give that of an operator."
for tier in $tiers; do
  # A new server may have the bucket, and no points in it.
  printf '%s\n' "$buckets" | awk -v name="energy_$tier" '{ for (i = 1; i <= NF; i++) if ($i == name) found = 1 } END { exit !found }' || continue
  points=$(influx query --raw "from(bucket: \"energy_$tier\") |> range(start: 0) |> first() |> keep(columns: [\"_time\"]) |> limit(n: 1)" 2>&1) ||
    fail "InfluxDB at $host does not say whether energy_$tier has points ($(printf '%s\n' "$points" | tail -n 1)): see what is wrong with it first."
  ! printf '%s\n' "$points" | grep -q '^,[^,]*,[0-9]' ||
    fail "InfluxDB at $host has points in energy_$tier: restore into a new one, or delete its buckets first (influx bucket delete)."
done
# A full restore takes no organization, not from the environment either.
unset INFLUX_ORG INFLUX_ORG_ID
log=$(influx restore --full "$from" 2>&1) ||
  fail "InfluxDB at $host does not take the backup ($(printf '%s\n' "$log" | tail -n 1)): start again with a new server."
echo "Restored $from with its users and tokens: the token of the operator is that of the backup. Now start influxdb-setup again, which sets the passwords of this site."
