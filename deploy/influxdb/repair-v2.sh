#!/bin/sh
# Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
# Makes the tiers of InfluxDB 2 again from a time on, for what came later than the tasks look back, which is two days: after a
# longer outage, once the outboxes are empty. It may run twice. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN, or configure influx.
#   TIME_ZONE=Europe/Berlin sh repair-v2.sh 2026-03-12 [2026-03-15]     from the first day, in UTC, to the end of the second or to now
# INFLUX_KEEP=raw=60d: as bootstrap-v2.sh has it, where raw points are not kept as long as the plan says.
set -eu
here=$(dirname -- "$0")
zone=${TIME_ZONE:-UTC}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# day: its beginning in UTC, seconds.
seconds_of() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) date -u -d "$1 00:00:00" +%s 2>/dev/null || fail "$1 is no day: give one such as 2026-03-12." ;;
    *) fail "\"$1\" is no day: give one such as 2026-03-12." ;;
  esac
}

# from to file ...: runs the query of each task over this time.
make() {
  start=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ)
  stop=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)
  shift 2
  for file in "$@"; do
    text=$(sed -e '/^option task = /d' -e "s|@time zone@|$zone|" -e "s|(t: -[0-9a-z]*, |(t: $start, |" -e "s|(t: now(), |(t: $stop, |" "$here/$file")
    error=$(printf '%s\n' "$text" | influx query --file /dev/stdin 2>&1 >/dev/null) ||
      fail "InfluxDB 2 does not make $file from $start to $stop ($(printf '%s' "$error" | tail -n 1)): see that it runs and that the token may write all buckets, then run this again."
  done
}

command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
case $zone in
  *[!A-Za-z0-9_+/-]*) fail "TIME_ZONE is $zone: give a name of the IANA data, for instance Europe/Berlin." ;;
esac
now=$(date -u +%s)
from=$(seconds_of "${1:-}")
to=$now
if [ $# -ge 2 ]; then
  last=$(seconds_of "$2")
  to=$((last + 86400))
fi
[ "$to" -le "$now" ] || to=$now
[ "$from" -lt "$to" ] || fail 'The time to make again ends before it begins: give a first day in the past, and a later second one.'
keep=$(printf '%s' "${INFLUX_KEEP:-}" | tr ',' ' ')
for pair in $keep; do
  case $pair in
    raw=* | 1m=* | 15m=* | day=* | month=*) ;;
    *) pair=${pair}= ;;
  esac
  case ${pair#*=} in
    INF) ;;
    *[!0-9d]* | *d*d | 0* | d | '' | *[!d]) fail "INFLUX_KEEP has ${pair%=}: give tiers of raw, 1m, 15m, day, month and whole days, such as raw=60d,1m=180d, or INF for ever." ;;
  esac
done
raw=30
for pair in $keep; do
  case $pair in
    raw=*)
      raw=${pair#raw=}
      raw=${raw%d}
      ;;
  esac
done
# Of older days there is nothing left to make tiers of.
[ "$raw" = INF ] || [ "$from" -ge $((now - (raw - 1) * 86400)) ] ||
  fail "Raw points are kept for $raw days: give a first day of the last $((raw - 1))."
at=$from
while [ "$at" -lt "$to" ]; do
  next=$((at + 86400))
  [ "$next" -le "$to" ] || next=$to
  make "$at" "$next" v2/powermonitor_500-1m.flux v2/powermonitor_500_kpi-1m.flux v2/powermonitor_500_alarm-1m.flux
  make "$at" "$next" v2/powermonitor_500-15m.flux v2/powermonitor_500_kpi-15m.flux v2/powermonitor_500_alarm-15m.flux
  at=$next
done
make "$from" "$now" v2/powermonitor_500-day.flux v2/powermonitor_500_kpi-day.flux v2/powermonitor_500_alarm-day.flux
make "$from" "$now" v2/powermonitor_500-month.flux v2/powermonitor_500_kpi-month.flux v2/powermonitor_500_alarm-month.flux
echo "The tiers are made again from $1 on."
