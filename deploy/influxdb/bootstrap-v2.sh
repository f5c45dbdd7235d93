#!/bin/sh
# Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
# Prepares InfluxDB 2 with its own command line (influx): buckets with their retention, tasks that sum points up. May be
# run again at any time. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN (of an operator), or configure influx.
set -eu
here=$(dirname "$0")

# name retention: creates the bucket, or sets the retention of the one that is there.
bucket() {
  id=$(influx bucket list --hide-headers --name "$1" 2>/dev/null | cut -f1 || true)
  if [ -z "$id" ]; then influx bucket create --name "$1" --retention "$2" >/dev/null
  else influx bucket update --id "$id" --retention "$2" >/dev/null; fi
}

# name file: creates the task, or gives the one that is there the text of the file.
task() {
  id=$(influx task list --hide-headers --limit 500 | awk -F '\t' -v name="$1" '{ gsub(/^ +| +$/, "", $2); if ($2 == name) print $1 }' | head -n 1)
  if [ -z "$id" ]; then influx task create --file "$here/$2" >/dev/null
  else influx task update --id "$id" --file "$here/$2" >/dev/null; fi
}

bucket energy_raw 720h
bucket energy_1m 2160h
bucket energy_15m 26280h
bucket energy_1d 0
task "powermonitor_500 1m" v2/powermonitor_500-1m.flux
task "powermonitor_500_kpi 1m" v2/powermonitor_500_kpi-1m.flux
task "powermonitor_500 15m" v2/powermonitor_500-15m.flux
task "powermonitor_500_kpi 15m" v2/powermonitor_500_kpi-15m.flux
task "powermonitor_500 1d" v2/powermonitor_500-1d.flux
task "powermonitor_500_kpi 1d" v2/powermonitor_500_kpi-1d.flux
echo "InfluxDB 2 is ready: buckets energy_raw, energy_1m, energy_15m, energy_1d."
