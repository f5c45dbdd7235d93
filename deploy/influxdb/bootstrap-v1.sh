#!/bin/sh
# Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
# Prepares InfluxDB 1: database, retention policies, continuous queries. May be run again at any time.
#   INFLUX_URL=http://127.0.0.1:8086 INFLUX_USER=admin INFLUX_PASSWORD=... sh bootstrap-v1.sh
set -eu
url="${INFLUX_URL:-http://127.0.0.1:8086}"
here=$(dirname "$0")
grep -v '^--' "$here/v1.influxql" | while IFS= read -r statement; do
  [ -n "$statement" ] || continue
  # The password goes through a file descriptor: arguments can be seen by everybody on the machine.
  answer=$(printf 'user = "%s:%s"\n' "${INFLUX_USER:-}" "${INFLUX_PASSWORD:-}" |
    curl --silent --show-error --config - --data-urlencode "q=$statement" "$url/query")
  case "$answer" in
    *'"error"'*)
      # Said where the statement is repeated or undoes what was never there; the next one sets it right.
      case "$statement$answer" in
        'CREATE RETENTION'*'already exists'*) ;;
        'DROP CONTINUOUS'*'not found'*) ;;
        *) echo "InfluxDB refuses: $statement" >&2; echo "$answer" >&2; exit 1 ;;
      esac ;;
    *'"results"'*) ;;
    *) echo "$url does not answer as InfluxDB 1 does: $answer" >&2; exit 1 ;;
  esac
done
echo "InfluxDB 1 at $url is ready: database energy, retention policies raw, 1m, 15m, 1d."
