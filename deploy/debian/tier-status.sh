#!/bin/sh
# Tells the metrics database how far the tiers of InfluxDB 1 or 2 have come, for the alert TierBehind, and when the certificate
# ends that the broker shows, for CertificateExpiresSoon. Once, as pm500-tier-status.timer runs it; or again and again, as a container does:
#   sh tier-status.sh [seconds between]
# INFLUX_URL, INFLUX_USER, INFLUX_PASSWORD, TIME_ZONE: of InfluxDB, as for pm500 influx. METRICS_URL: VictoriaMetrics.
# BROKER=127.0.0.1:8883: the broker; where none answers, nothing is told of it.
# TOLD_FILE: gets a new time whenever it was told, where it goes on.
set -eu
url=${METRICS_URL:-http://127.0.0.1:8428}
url=${url%/}
every=${1:-}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# What the broker shows, and not what is on disk: it takes a new certificate only when it is started again.
certificate() {
  node -e '
    const [host, port] = process.argv[1].split(/:(?=[0-9]+$)/);
    // It may have ended already.
    const socket = require("node:tls").connect({ host, port, rejectUnauthorized: false }, () => {
      const end = Date.parse(socket.getPeerCertificate().valid_to) / 1000;
      if (end > 0) console.log("pm500_certificate_expires_seconds{node=\"broker\",part=\"cert\"} " + end);
      socket.destroy();
    });
    socket.setTimeout(5000, () => socket.destroy());
    socket.on("error", () => undefined);' "${BROKER:-127.0.0.1:${MQTT_PORT:-8883}}" 2>/dev/null || true
}

tell() {
  # It ends with 1 when a tier is behind, which is no failure here: that is what is told.
  said=$(pm500 influx status --prometheus) || true
  case $said in
    *pm500_tier_is_behind*) ;;
    *) fail "pm500 influx status does not say how far the tiers have come: see what it says above, and that it is installed." ;;
  esac
  # The database gives 204 also for lines that it does not take; these it takes.
  printf '%s\n' "$said" "$(certificate)" | curl --silent --fail --max-time 30 --output /dev/null --data-binary @- \
    "$url/api/v1/import/prometheus?extra_label=job=pm500-tiers&extra_label=instance=$(uname -n | tr -c 'A-Za-z0-9._\n-' _)" ||
    fail "VictoriaMetrics does not answer at $url: set METRICS_URL to its address, and see that it runs."
}

case $every in
  '') tell && exit ;;
  *[!0-9]* | 0*) fail "$every is no time between: give a whole number of seconds, or none for once." ;;
esac
trap 'exit 0' TERM INT
before=
while :; do
  if now=$( (tell) 2>&1); then : >"${TOLD_FILE:-/tmp/told}"; fi
  # What goes on is said once.
  [ "$now" = "$before" ] || [ -z "$now" ] || printf '%s\n' "$now" >&2
  before=$now
  # So that it ends at once when it is asked to.
  sleep "$every" &
  wait $!
done
