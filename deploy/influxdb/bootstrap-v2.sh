#!/bin/sh
# Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
# Prepares InfluxDB 2 with its own command line (influx): buckets with their retention, tasks that sum points up. May be
# run again at any time. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN (of an operator), or configure influx.
# TIME_ZONE=Europe/Berlin: whose days and months count; UTC where it is not set.
# INFLUX_KEEP=raw=60d,1m=180d: for how long tiers are kept, of those that are not kept as long as the plan says; INF is for ever.
set -eu
here=$(dirname -- "$0")
zone=${TIME_ZONE:-UTC}
keep=$(printf '%s' "${INFLUX_KEEP:-}" | tr ',' ' ')

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
case $zone in
  *[!A-Za-z0-9_+/-]*) fail "TIME_ZONE is $zone: give a name of the IANA data, for instance Europe/Berlin." ;;
esac
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
influx bucket list --hide-headers >/dev/null ||
  fail 'InfluxDB 2 does not answer or refuses the token: check INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN.'

# words of a command: what it answers. Its last line says why it refuses.
ask() {
  answer=$(influx "$@" 2>&1) ||
    fail "InfluxDB 2 refuses \"influx $1 $2\" ($(printf '%s\n' "$answer" | tail -n 1)): see to that, and run this again; what was made until then stays."
  printf '%s\n' "$answer"
}

# list name: the ID of that name in a list, nothing where it has none.
id_of() {
  printf '%s\n' "$1" | awk -F '\t' -v name="$2" '{ gsub(/^ +| +$/, "", $2); if ($2 == name && !found++) print $1 }'
}

# name retention shard: creates the bucket, or sets the retention of the one that is there.
bucket() {
  retention=$2
  for pair in $keep; do
    [ "${pair%%=*}" = "${1#energy_}" ] || continue
    retention=${pair#*=}
    case $retention in
      INF) retention=0 ;;
      *) retention=$((${retention%d} * 24))h ;;
    esac
  done
  found=$(ask bucket list --hide-headers)
  id=$(id_of "$found" "$1")
  if [ -z "$id" ]; then
    ask bucket create --name "$1" --retention "$retention" --shard-group-duration "$3" >/dev/null
  else
    ask bucket update --id "$id" --retention "$retention" --shard-group-duration "$3" >/dev/null
  fi
}

# name file: creates the task, or gives the one that is there the text of the file.
task() {
  text=$(sed "s|@time zone@|$zone|" "$here/$2")
  # A list that does not come is no empty one: the task would be made twice.
  found=$(ask task list --hide-headers --limit 500)
  id=$(id_of "$found" "$1")
  if [ -z "$id" ]; then
    printf '%s\n' "$text" | ask task create --file /dev/stdin >/dev/null
  else
    printf '%s\n' "$text" | ask task update --id "$id" --file /dev/stdin >/dev/null
  fi
}

bucket energy_raw 720h 24h
bucket energy_1m 2160h 168h
bucket energy_15m 26280h 672h
bucket energy_day 0 8736h
bucket energy_month 0 87360h
task "powermonitor_500 1m" v2/powermonitor_500-1m.flux
task "powermonitor_500_kpi 1m" v2/powermonitor_500_kpi-1m.flux
task "powermonitor_500_alarm 1m" v2/powermonitor_500_alarm-1m.flux
task "powermonitor_500 15m" v2/powermonitor_500-15m.flux
task "powermonitor_500_kpi 15m" v2/powermonitor_500_kpi-15m.flux
task "powermonitor_500_alarm 15m" v2/powermonitor_500_alarm-15m.flux
task "powermonitor_500 day" v2/powermonitor_500-day.flux
task "powermonitor_500_kpi day" v2/powermonitor_500_kpi-day.flux
task "powermonitor_500_alarm day" v2/powermonitor_500_alarm-day.flux
task "powermonitor_500 month" v2/powermonitor_500-month.flux
task "powermonitor_500_kpi month" v2/powermonitor_500_kpi-month.flux
task "powermonitor_500_alarm month" v2/powermonitor_500_alarm-month.flux
task "powermonitor_500 1m repair" v2/powermonitor_500-1m-repair.flux
task "powermonitor_500_kpi 1m repair" v2/powermonitor_500_kpi-1m-repair.flux
task "powermonitor_500_alarm 1m repair" v2/powermonitor_500_alarm-1m-repair.flux
task "powermonitor_500 15m repair" v2/powermonitor_500-15m-repair.flux
task "powermonitor_500_kpi 15m repair" v2/powermonitor_500_kpi-15m-repair.flux
task "powermonitor_500_alarm 15m repair" v2/powermonitor_500_alarm-15m-repair.flux
found=$(ask bucket list --hide-headers)
for name in energy_raw energy_1m energy_15m energy_day energy_month; do
  [ -n "$(id_of "$found" "$name")" ] ||
    fail "InfluxDB 2 has no bucket $name although it took it: run this again."
done
echo "InfluxDB 2 is ready: buckets energy_raw, energy_1m, energy_15m, energy_day, energy_month."
