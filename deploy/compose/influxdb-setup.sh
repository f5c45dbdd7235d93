#!/bin/sh
# Sets up InfluxDB 2 for this stack, with its own command line: buckets and tasks (bootstrap-v2.sh), the names by which
# InfluxQL asks for the buckets, a user who may only write raw points, one who may only read, and a token for Telegraf.
# May be run again at any time: it sets right what was changed, passwords too. Those go to its HTTP API (curl is in the image):
# the command line takes them as arguments, which everybody on the host can see, or from a terminal alone.
set -eu
secrets=${PM500_SECRETS:-/run/secrets}
setup=${PM500_INFLUX_FOLDER:-/pm500/influxdb}
token_file=${PM500_TOKEN_FILE:-/telegraf/token}
tiers='raw 1m 15m day month'

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# name: what this secret is.
secret() {
  cat -- "$secrets/$1" 2>/dev/null || fail "The secret $1 cannot be read: run bootstrap.sh on the host, then start this again."
}

# The command line says no to nobody quietly: its last line says why.
influx_or_fail() {
  error=$(influx "$@" 2>&1) || fail "InfluxDB refuses \"influx $1 $2 $3\" ($(printf '%s' "$error" | tail -n 1)): look at docker compose logs influxdb, then start this again."
  printf '%s\n' "$error"
}

bucket_id() {
  influx bucket list --hide-headers --name "energy_$1" 2>/dev/null | cut -f 1
}

# Where JSON or curl keeps text in quotes, these two have a meaning.
escaped() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# whose path password: sets it.
set_password() {
  body=$(printf '{"password": "%s"}' "$(escaped "$3")")
  error=$(curl --silent --show-error --fail-with-body --max-time 60 --config - 2>&1 <<END
url = "${INFLUX_HOST:-http://localhost:8086}$2"
header = "Authorization: Token $(escaped "$INFLUX_TOKEN")"
header = "Content-Type: application/json"
data = "$(escaped "$body")"
END
  ) || fail "InfluxDB does not take the password of $1 ($(printf '%s' "$error" | tail -n 1)): look at docker compose logs influxdb, then start this again."
}

# The ID of a user of InfluxQL; nothing where there is none.
user_id() {
  influx v1 auth list --hide-headers --username "$1" 2>/dev/null | cut -f 1 | tr -d ' ' | head -n 1
}

# user, and what it may do: makes the user of InfluxQL or sets its password.
user() {
  name=$1
  password=$(secret "$2")
  shift 2
  id=$(user_id "$name")
  if [ -z "$id" ]; then
    influx_or_fail v1 auth create --username "$name" --no-password "$@" >/dev/null
    id=$(user_id "$name")
  fi
  set_password "$name" "/private/legacy/authorizations/$id/password" "$password"
}

INFLUX_TOKEN=$(secret influx_admin_token)
admin_password=$(secret influx_admin_password)
export INFLUX_TOKEN
influx ping >/dev/null 2>&1 || fail "InfluxDB does not answer at ${INFLUX_HOST:-its address}: see docker compose logs influxdb."
influx bucket list >/dev/null 2>&1 ||
  fail 'InfluxDB refuses the token in secrets/influx_admin_token: it was set up with another; put that one back, or give it one that it knows by "bootstrap.sh set influx_admin_token".'
users=$(influx_or_fail user list --hide-headers --name admin)
id=$(printf '%s\n' "$users" | cut -f 1 | tr -d ' ')
[ -n "$id" ] || fail 'InfluxDB has no user admin: make one there (influx user create --name admin), then start this again.'
set_password admin "/api/v2/users/$id/password" "$admin_password"
sh "$setup/bootstrap-v2.sh"
read_all=
for tier in $tiers; do
  id=$(bucket_id "$tier")
  [ -n "$id" ] || fail "InfluxDB has no bucket energy_$tier: start this again."
  read_all="$read_all --read-bucket $id"
  [ "$tier" != raw ] || raw=$id
  mapped=$(influx v1 dbrp list --hide-headers --db energy --rp "$tier" --bucket-id "$id" 2>/dev/null | grep -c . || true)
  [ "$mapped" -gt 0 ] && continue
  default=
  [ "$tier" != raw ] || default=--default
  # shellcheck disable=SC2086 # Nothing or one word.
  influx_or_fail v1 dbrp create --db energy --rp "$tier" --bucket-id "$id" $default >/dev/null
done
user pm500-writer influx_writer_password --write-bucket "$raw"
# shellcheck disable=SC2086 # Words: an option and an ID each.
user pm500-reader influx_reader_password $read_all
# InfluxDB makes this token itself; it is made once, and again where the file is removed.
if [ ! -s "$token_file" ]; then
  # One whose file is gone counts no more.
  listed=$(influx_or_fail auth list --hide-headers)
  for id in $(printf '%s\n' "$listed" | awk -F '\t' '$2 ~ /^ *pm500-telegraf *$/ { print $1 }'); do
    influx_or_fail auth delete --id "$id" >/dev/null
  done
  answer=$(influx_or_fail auth create --description pm500-telegraf --write-bucket "$raw" --json)
  token=$(printf '%s' "$answer" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' | head -n 1)
  [ -n "$token" ] || fail 'InfluxDB gave no token for Telegraf: start this again.'
  (umask 077 && printf '%s\n' "$token" >"$token_file.new" && mv -f -- "$token_file.new" "$token_file") ||
    fail "The token for Telegraf cannot be written to $token_file: make room on its volume and start this again."
fi
echo 'InfluxDB is ready: InfluxQL database energy, users pm500-writer and pm500-reader, a token for Telegraf.'
