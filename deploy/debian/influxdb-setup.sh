#!/bin/sh
# Sets up InfluxDB 1 for this stack: an administrator, retention policies and continuous queries (bootstrap-v1.sh), a user
# who may only write and one who may only read. May be run again at any time: it sets right what was changed, passwords too.
#   INFLUX_URL=http://127.0.0.1:8086 PM500_SECRETS=/etc/pm500/secrets sh influxdb-setup.sh
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
secrets=${PM500_SECRETS:-/etc/pm500/secrets}
url=${INFLUX_URL:-http://127.0.0.1:8086}
url=${url%/}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

secret() {
  cat -- "$secrets/$1" 2>/dev/null || fail "The secret $secrets/$1 cannot be read: run bootstrap.sh as root, then this again."
}

# Where curl keeps text in quotes, these two have a meaning.
escaped() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}

# A text of InfluxQL, in its quotes.
text() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/['\\\\]/\\\\&/g")"
}

# password statement: the answer. Login and statement go through a pipe: arguments can be seen by everybody on the machine.
ask() {
  { [ -z "$1" ] || printf 'user = "admin:%s"\n' "$(escaped "$1")"; printf 'data-urlencode = "q=%s"\n' "$(escaped "$2")"; } |
    curl --silent --show-error --max-time 60 --config - "$url/query" 2>&1
}

run() {
  answer=$(ask "$password" "$1") || fail "InfluxDB at $url stopped answering ($answer): run this again when it is there."
  case $1$answer in
    # Said where a user has another password than the one that is set next.
    'CREATE USER'*'already exists'*) ;;
    *'no space left'* | *'quota exceeded'*) fail "The volume of InfluxDB at $url is full: make room on it and run this again." ;;
    *'"error"'*) fail "InfluxDB at $url refuses ${1%%\'*}...: $(printf '%s' "$answer" | tr -d '\n')" ;;
    *'"results"'*) ;;
    *) fail "$url does not answer as InfluxDB 1 does: another program has this port, or another version; check INFLUX_URL." ;;
  esac
}

# user password right: makes the user or sets its password, with this right alone.
user() {
  run "CREATE USER \"$1\" WITH PASSWORD $(text "$2")"
  run "SET PASSWORD FOR \"$1\" = $(text "$2")"
  run "GRANT $3 ON energy TO \"$1\""
}

password=$(secret influx_admin_password)
writer=$(secret influx_writer_password)
reader=$(secret influx_reader_password)
waited=0
until curl --silent --max-time 5 --output /dev/null "$url/ping"; do
  [ "$waited" -lt "${INFLUX_WAIT_SECONDS:-60}" ] || fail "InfluxDB at $url does not answer: start it (systemctl start pm500-influxdb), or check INFLUX_URL."
  sleep 1
  waited=$((waited + 1))
done
version=$(curl --silent --max-time 5 --head "$url/ping" | tr -d '\r' | sed -n 's/^[Xx]-[Ii]nfluxdb-[Vv]ersion: *v\{0,1\}//p')
case $version in
  1.*) ;;
  *) fail "$url is not InfluxDB 1 (${version:-it says no version}): check INFLUX_URL; for InfluxDB 2 take the Compose stack." ;;
esac
# The first user has to be an administrator, and needs no login; while there is none, nothing else is let in.
answer=$(ask "$password" 'SHOW DATABASES') || fail "InfluxDB at $url stopped answering ($answer): run this again."
case $answer in
  *'create admin user first'*)
    answer=$(ask '' "CREATE USER admin WITH PASSWORD $(text "$password") WITH ALL PRIVILEGES")
    case $answer in *'"error"'*) fail "InfluxDB at $url takes no administrator: $answer" ;; esac ;;
  *'authorization failed'*)
    # A rotated password is told to the server by the one before.
    [ -f "$secrets/influx_admin_password.previous" ] ||
      fail "InfluxDB at $url refuses the password of admin in $secrets/influx_admin_password: put the right one back there (bootstrap.sh set influx_admin_password)."
    new=$password
    password=$(secret influx_admin_password.previous)
    case $(ask "$password" 'SHOW DATABASES') in
      *'authorization failed'*) fail "InfluxDB at $url refuses the password of admin in $secrets/influx_admin_password and the one before it: put the right one back there (bootstrap.sh set influx_admin_password)." ;;
    esac
    run "SET PASSWORD FOR admin = $(text "$new")"
    password=$new ;;
esac
INFLUX_URL=$url INFLUX_USER=admin INFLUX_PASSWORD=$password sh "$here/../influxdb/bootstrap-v1.sh"
user pm500-writer "$writer" WRITE
user pm500-reader "$reader" READ
rm -f -- "$secrets/influx_admin_password.previous"
echo "InfluxDB at $url has its users: pm500-writer may write, pm500-reader may read, and neither may do more."
