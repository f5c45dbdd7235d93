#!/bin/sh
# Backs up the database energy (or INFLUX_DATABASE) of InfluxDB 1 while it runs, as its own command does: a copy of the folder of a running server is
# no backup. Needs influxd and curl on this machine; the address is that of the setting bind-address (RPC), not of HTTP.
#   INFLUX_RPC=127.0.0.1:8088 sh backup-v1.sh /var/backups/influxdb
# INFLUX_WAIT_SECONDS=60: how long it waits for a server that was just started.
# Keeps what is there: each run makes a folder of its own, named by the time (UTC), and says it when it is whole.
set -eu
umask 077

rpc=${INFLUX_RPC:-127.0.0.1:8088}
database=${INFLUX_DATABASE:-energy}
into=${1:-}

# shellcheck source=deploy/backup/part.sh
. "$(dirname -- "$0")/part.sh"
# shellcheck source=deploy/backup/rpc.sh
. "$(dirname -- "$0")/rpc.sh"

[ -n "$into" ] || fail 'Say where to: sh backup-v1.sh /var/backups/influxdb'
command -v influxd >/dev/null 2>&1 || fail 'This script needs influxd, the server program of InfluxDB 1: run it on the machine of the server.'
command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
wait_for_server
begin_part ''
# Its exit code and the last line that it writes. Where there is no room it would try again for minutes; here that ends it.
back_up() {
  log=$into/last-backup.log
  {
    code=0
    sh -c 'echo $$ && exec influxd "$@" 2>&1' sh backup -portable -database "$database" -host "$rpc" "$part" || code=$?
    echo "exit $code"
  } 2>/dev/null | {
    read -r pid
    (: >"$log") 2>/dev/null || true
    last=
    while IFS= read -r line; do
      case $line in
        'exit '*) code=${line#exit } ;;
        *)
          last=$line
          (printf '%s\n' "$line" >>"$log") 2>/dev/null || true ;;
      esac
      case $line in
        *'no space left'* | *'quota exceeded'*) kill "$pid" 2>/dev/null || true ;;
      esac
    done
    printf '%s %s\n' "$code" "$last"
  }
}
said=$(back_up)
case $said in
  '0 '*) ;;
  *'no space left'* | *'quota exceeded'*) fail "There is no room for the backup in $into: make room and run this again." ;;
esac
[ "${said%% *}" = 0 ] || fail "InfluxDB at $rpc gives no backup (${said#* }): check bind-address in influxdb.conf, that it has a database $database, and the space in $into."
ls "$part"/*.manifest >/dev/null 2>&1 || fail "InfluxDB at $rpc gave a backup without a manifest: see $into/last-backup.log."
end_part
