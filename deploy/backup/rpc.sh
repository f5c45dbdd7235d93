# shellcheck shell=sh
# What backup and restore of InfluxDB 1 share. Sourced; rpc is the address of its RPC, and fail says a sentence and ends.

: "${rpc:?}"

# Waits for a server that was just started; the command itself would try for many minutes.
wait_for_server() {
  left=${INFLUX_WAIT_SECONDS:-60}
  case $left in
    '' | *[!0-9]*) fail "INFLUX_WAIT_SECONDS is $left: give a whole number of seconds." ;;
  esac
  while :; do
    code=0
    curl --silent --max-time 5 --output /dev/null "http://$rpc/" 2>/dev/null || code=$?
    case $code in
      7) ;;
      6 | 28) left=0 ;;
      *) return 0 ;;
    esac
    [ "$left" -gt 0 ] || fail "Nobody answers at $rpc: set INFLUX_RPC to bind-address of influxdb.conf, and see that the server runs."
    sleep 1
    left=$((left - 1))
  done
}
