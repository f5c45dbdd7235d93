#!/bin/sh
# Tells the metrics database how far the tiers of InfluxDB 1 have come, for the alert TierBehind. pm500-tier-status.timer runs it.
# INFLUX_URL, INFLUX_USER, INFLUX_PASSWORD, TIME_ZONE: of InfluxDB, as for pm500 influx. METRICS_URL: VictoriaMetrics.
set -eu
url=${METRICS_URL:-http://127.0.0.1:8428}
url=${url%/}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# It ends with 1 when a tier is behind, which is no failure here: that is what is told.
said=$(pm500 influx status --prometheus) || true
case $said in
  *pm500_tier_is_behind*) ;;
  *) fail "pm500 influx status does not say how far the tiers have come: see what it says above, and that it is installed." ;;
esac
# The database gives 204 also for lines that it does not take; these it takes.
printf '%s\n' "$said" | curl --silent --fail --max-time 30 --output /dev/null --data-binary @- \
  "$url/api/v1/import/prometheus?extra_label=job=pm500-tiers&extra_label=instance=$(uname -n)" ||
  fail "VictoriaMetrics does not answer at $url: set METRICS_URL to its address, and see that it runs."
