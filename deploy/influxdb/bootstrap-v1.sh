#!/bin/sh
# Prepares InfluxDB 1 for the points of influx-out: database, retention policies, continuous queries, as v1.influxql beside
# this file says. May be run again at any time: it sets right what was changed. Needs a shell and curl.
#   INFLUX_URL=http://127.0.0.1:8086 INFLUX_USER=admin INFLUX_PASSWORD=... sh bootstrap-v1.sh
# TARIFF_PERIODS="peak off_peak": names of the periods of your tariff, so that their energies are summed up too.
# INFLUX_KEEP=raw=60d,1m=180d: for how long tiers are kept, of those that are not kept as long as the plan says; INF is for ever.
# INFLUX_DATABASE=energy, INFLUX_MEASUREMENT=powermonitor_500: other names, as influx-target and influx-out have them.
# INFLUX_WAIT_SECONDS=60: how long it waits for the server to answer.
set -eu

url=${INFLUX_URL:-http://127.0.0.1:8086}
url=${url%/}
user=${INFLUX_USER:-}
password=${INFLUX_PASSWORD:-}
tariffs=${TARIFF_PERIODS:-}
keep=$(printf '%s' "${INFLUX_KEEP:-}" | tr ',' ' ')
kept=
database=${INFLUX_DATABASE:-energy}
measurement=${INFLUX_MEASUREMENT:-powermonitor_500}
wait_seconds=${INFLUX_WAIT_SECONDS:-60}
plan=$(dirname -- "$0")/v1.influxql
newline='
'
return=$(printf '\r')

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Where curl keeps names and passwords in quotes, these two have a meaning.
escaped() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# statement type: what the server answers. The login goes through a pipe: arguments can be seen by everybody on the machine.
ask() {
  { [ -z "$user" ] || printf 'user = "%s:%s"\n' "$(escaped "$user")" "$(escaped "$password")"; } |
    curl --silent --show-error --max-time 60 --config - --header "Accept: $2" --data-urlencode "q=$1" "$url/query" 2>&1
}

refuse() {
  case $2 in
    *'authorization failed'* | *'unable to parse authentication'*)
      fail "InfluxDB at $url refuses the login: set INFLUX_USER and INFLUX_PASSWORD to those of an administrator." ;;
    *'create admin user first'*)
      fail "InfluxDB at $url has no administrator yet: create one (CREATE USER ... WITH ALL PRIVILEGES) and run this again." ;;
    *'not authorized'* | *'requires admin privilege'*)
      fail "The user ${user:-of no name} may not set up InfluxDB at $url: set INFLUX_USER to an administrator." ;;
    *'no space left'* | *'quota exceeded'*)
      fail "The volume of InfluxDB at $url is full: make room on it and run this again." ;;
    *) fail "InfluxDB at $url refuses $(printf '%.90s' "$1") ...: $2" ;;
  esac
}

run() {
  answer=$(ask "$1" application/json) || fail "InfluxDB at $url stopped answering ($answer): run this again when it is there."
  case $answer in
    *'"error"'*)
      # Said where a statement is repeated, or undoes what was never there.
      case $1$answer in
        'CREATE RETENTION'*'already exists'* | 'DROP CONTINUOUS'*'not found'*) ;;
        *) refuse "$1" "$answer" ;;
      esac ;;
    *'"results"'*) ;;
    *) fail "$url does not answer as InfluxDB 1 does ($(printf '%.200s' "$answer")): check INFLUX_URL." ;;
  esac
}

# action: calls it with every statement of the plan; those of a tariff period once for each.
each_statement() {
  # By way of a mark: one of the names may be the other one of the plan.
  sed "s/\"powermonitor_500/\"@measurement@/g; s/\"energy\"/\"$database\"/g; s/@measurement@/$measurement/g; $kept" "$plan" | while IFS= read -r statement; do
    case $statement in
      '' | --*) ;;
      *@tariff@*)
        for tariff in $tariffs; do "$1" "$(printf '%s' "$statement" | sed "s/@tariff@/$tariff/g")"; done ;;
      *) "$1" "$statement" ;;
    esac
  done
}

hours() {
  case $1 in
    INF) echo 0s ;;
    *) echo "$((${1%d} * 24))h0m0s" ;;
  esac
}

unquoted() {
  printf '%s' "$1" | tr -d '"'
}

columns() {
  printf '%s' "$1" | grep -o ' AS ' | wc -l
}

# Whether the server has what this statement asks for.
verify() {
  # shellcheck disable=SC2086 # The words of a statement; none of these has a space or a pattern in a name.
  case $1 in
    'ALTER RETENTION'*)
      set -f
      set -- $1
      # Words: ALTER RETENTION POLICY name ON database DURATION time REPLICATION 1 SHARD DURATION time [DEFAULT]
      is_default=false
      [ "${14:-}" != DEFAULT ] || is_default=true
      # Name, time, time of a shard, copies (1.6 writes a word there), default.
      wanted="$(unquoted "$4"),$(hours "$8"),$(hours "${13}"),[^,]*,$is_default"
      printf '%s\n' "$policies" | tr -d '\r' | grep -q "^[^,]*,[^,]*,$wanted\$" ||
        fail "InfluxDB at $url does not keep the retention policy $4 as it was told: run this again." ;;
    'CREATE CONTINUOUS'*)
      name=$(printf '%s' "$1" | cut -d '"' -f 2)
      found=$(printf '%s\n' "$queries" | grep -F ",$name,") ||
        fail "InfluxDB at $url has no continuous query $name although it took it: run this again."
      [ "$(columns "$found")" -eq "$(columns "$1")" ] ||
        fail "The continuous query $name of InfluxDB at $url is not the one it was given: run this again." ;;
  esac
}

command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
[ -r "$plan" ] || fail "$plan is missing: keep bootstrap-v1.sh and v1.influxql in one folder."
case $user$password in
  *"$newline"* | *"$return"*) fail 'INFLUX_USER or INFLUX_PASSWORD has a line break: give the name and the password alone.' ;;
esac
case $user in
  *:*) fail 'INFLUX_USER has a colon, which no login over HTTP can carry: choose another user.' ;;
esac
[ -n "$user" ] || [ -z "$password" ] || fail 'INFLUX_PASSWORD is set and INFLUX_USER is not: set both, or none.'
case $wait_seconds in
  '' | *[!0-9]*) fail "INFLUX_WAIT_SECONDS is $wait_seconds: give a whole number of seconds." ;;
esac
for name in "$database" "$measurement"; do
  case $name in
    *[!A-Za-z0-9_-]*) fail "INFLUX_DATABASE or INFLUX_MEASUREMENT is $name: give a name of letters, digits, _ and -." ;;
  esac
done
for pair in $keep; do
  case $pair in
    raw=* | 1m=* | 15m=* | day=* | month=*) ;;
    *) pair=${pair}= ;;
  esac
  tier=${pair%%=*}
  time=${pair#*=}
  case $time in
    INF) ;;
    *[!0-9d]* | *d*d | 0* | d | '' | *[!d]) fail "INFLUX_KEEP has ${pair%=}: give tiers of raw, 1m, 15m, day, month and whole days, such as raw=60d,1m=180d, or INF for ever." ;;
  esac
  # InfluxDB refuses a time that is shorter than that of one shard, when half of the plan is made.
  shard=$(sed -n "s/^CREATE RETENTION POLICY \"$tier\" .* SHARD DURATION \([0-9]*\)d.*/\1/p" "$plan")
  [ "$time" = INF ] || [ "${time%d}" -ge "${shard:-0}" ] ||
    fail "INFLUX_KEEP has $tier=$time: InfluxDB drops $tier in pieces of $shard days, so give ${shard}d or more."
  kept="$kept; s/^\([A-Z]* RETENTION POLICY \"$tier\" ON \"[^\"]*\" DURATION \)[^ ]*/\1$time/"
done
for tariff in $tariffs; do
  case $tariff in
    *[!A-Za-z0-9_-]*) fail "TARIFF_PERIODS has $tariff: give the names as the tariff has them, separated by spaces." ;;
  esac
done

# A server that was just started does not answer yet.
waited=0
while :; do
  code=0
  ping=$(curl --silent --show-error --max-time 10 --dump-header - --output /dev/null "$url/ping" 2>&1) || code=$?
  case $code in
    0) break ;;
    # Refused, timeout, closed without an answer, reset: it may be starting.
    7 | 28 | 52 | 56) ;;
    *) fail "InfluxDB at $url cannot be asked ($ping): check INFLUX_URL." ;;
  esac
  [ "$waited" -lt "$wait_seconds" ] ||
    fail "InfluxDB at $url does not answer within $wait_seconds s ($ping): start it, or check INFLUX_URL."
  sleep 1
  waited=$((waited + 1))
done
version=$(printf '%s\n' "$ping" | sed -n 's/^[Xx]-[Ii]nfluxdb-[Vv]ersion: *v\{0,1\}//p' | tr -d '\r')
case $version in
  1.*) ;;
  2.*) fail "$url is InfluxDB $version: use bootstrap-v2.sh." ;;
  3.*) fail "$url is InfluxDB $version: use the queries in v3/." ;;
  '') fail "$url answers, and not as InfluxDB 1 does: another program has this port; check INFLUX_URL." ;;
  *) fail "$url is InfluxDB $version, which this was not made for: use InfluxDB 1.6 to 1.11." ;;
esac

# A wrong login is found out before anything is made.
run 'SHOW DATABASES'
each_statement run
# What was taken is not yet what is there.
policies=$(ask 'SHOW RETENTION POLICIES ON "'"$database"'"' application/csv) || fail "InfluxDB at $url stopped answering: run this again."
queries=$(ask 'SHOW CONTINUOUS QUERIES' application/csv) || fail "InfluxDB at $url stopped answering: run this again."
# Another database of this server may have queries of the same names.
queries=$(printf '%s\n' "$queries" | grep "^$database," || true)
each_statement verify
echo "InfluxDB $version at $url is ready: database $database, $(printf '%s\n' "$policies" | grep -c 0s) retention policies, $(printf '%s\n' "$queries" | grep -c CREATE) continuous queries."
