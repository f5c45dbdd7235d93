#!/bin/sh
# Backs up the database energy (or INFLUX_DATABASE) of InfluxDB 1 while it runs, as its own command does: a copy of the folder of a running server is
# no backup. Needs influxd and curl on this machine; the address is that of the setting bind-address (RPC), not of HTTP.
#   INFLUX_RPC=127.0.0.1:8088 sh backup-v1.sh /var/backups/influxdb
# Keeps what is there: each run makes a folder of its own, named by the time (UTC), and says it when it is whole.
set -eu

rpc=${INFLUX_RPC:-127.0.0.1:8088}
database=${INFLUX_DATABASE:-energy}
into=${1:-}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v influxd >/dev/null 2>&1 || fail 'This script needs influxd, the server program of InfluxDB 1: run it on the machine of the server.'
command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
[ -n "$into" ] || fail 'Say where to: sh backup-v1.sh /var/backups/influxdb'
# The command itself tries for many minutes where nobody listens.
code=0
curl --silent --max-time 5 --output /dev/null "http://$rpc/" 2>/dev/null || code=$?
case $code in
  6 | 7 | 28) fail "Nobody answers at $rpc: set INFLUX_RPC to bind-address of influxdb.conf, and see that the server runs." ;;
esac
mkdir -p -- "$into" 2>/dev/null || fail "The folder $into cannot be made: check its place and your rights."
name=$into/$(date -u +%Y%m%dT%H%M%SZ)
[ ! -e "$name" ] || fail "There is a backup $name already: run this again in a second."
# Under another name until it is whole, so that nobody restores a half.
part=$name.part
trap 'rm -rf -- "$part"' EXIT
influxd backup -portable -database "$database" -host "$rpc" "$part" >"$into/last-backup.log" 2>&1 ||
  fail "InfluxDB at $rpc gives no backup ($(tail -n 1 "$into/last-backup.log")): check bind-address in influxdb.conf, and the space in $into."
ls "$part"/*.manifest >/dev/null 2>&1 || fail "InfluxDB at $rpc gave a backup without a manifest: see $into/last-backup.log."
mv -- "$part" "$name"
trap - EXIT
echo "$name"
