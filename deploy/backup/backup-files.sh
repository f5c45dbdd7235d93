#!/bin/sh
# Backs up what is no database while everything runs: the user directory of Node-RED (flows, credentials, settings, state,
# outboxes), the configuration and the persistent messages of Mosquitto, certificates and secrets. Run it as root.
#   sh backup-files.sh /var/backups/pm500
# NODE_RED_DIR, MOSQUITTO_CONF_DIR, MOSQUITTO_DATA_DIR, PM500_CONF_DIR: where these are, if not where Debian has them.
# MOSQUITTO_PID: process that is to save its messages first; the one of its pid file where not given.
# Each run makes a file of its own, named by the time (UTC), readable by its owner alone: it holds every secret of the site.
set -eu
umask 077

into=${1:-}
node_red=${NODE_RED_DIR:-/var/lib/node-red}
mosquitto_conf=${MOSQUITTO_CONF_DIR:-/etc/mosquitto}
mosquitto_data=${MOSQUITTO_DATA_DIR:-/var/lib/mosquitto}
pm500=${PM500_CONF_DIR:-/etc/pm500}
mosquitto_pid=${MOSQUITTO_PID:-}

# shellcheck source=deploy/backup/part.sh
. "$(dirname -- "$0")/part.sh"

[ -n "$into" ] || fail 'Say where to: sh backup-files.sh /var/backups/pm500'
[ -d "$node_red" ] || fail "There is no folder $node_red: set NODE_RED_DIR to the user directory of Node-RED."
begin_part -files.tar.gz
# Of a run that was killed it goes as that of the archive does.
list=$name.list.$$.part
trap 'rm -f -- "$part" "$list"' EXIT
no_list() {
  fail "The list of files cannot be written to $into: make room on its volume and run this again."
}

# Mosquitto writes its messages when it ends, now and then, and when it is asked.
if [ -z "$mosquitto_pid" ] && [ -r /run/mosquitto/mosquitto.pid ]; then mosquitto_pid=$(cat /run/mosquitto/mosquitto.pid); fi
if [ -n "$mosquitto_pid" ] && [ -d "$mosquitto_data" ]; then
  (: >"$list") 2>/dev/null || no_list
  kill -USR1 "$mosquitto_pid" 2>/dev/null || fail "There is no Mosquitto with the process id $mosquitto_pid: set MOSQUITTO_PID, or leave it empty."
  # A file that is older than the question is no answer; without persistence there never is one.
  left=3
  [ ! -e "$mosquitto_data/mosquitto.db" ] || left=10
  while [ "$left" -gt 0 ] && [ -z "$(find "$mosquitto_data" -name mosquitto.db -newer "$list")" ]; do
    sleep 1
    left=$((left - 1))
  done
fi

# Of an outbox the position goes first: what is delivered while the rest is copied is delivered twice, and nothing is missing.
# Names are those below /, one a line; a name with a line break is none of ours.
{
  find "$node_red" -path '*/node_modules' -prune -o -path '*/pm500/outbox*' -type f ! -name 'segment-*' ! -name '*.lock' -print
  find "$node_red" -path '*/node_modules' -prune -o -type f ! -name '*.lock' -print | grep -v '/pm500/outbox' || true
  find "$node_red" -path '*/pm500/outbox*' -name 'segment-*' -print | sort
  for folder in "$mosquitto_conf" "$mosquitto_data" "$pm500"; do
    if [ -d "$folder" ]; then find "$folder" -type f ! -name '*.new' -print; fi
  done
} | sed 's|^/||' 2>/dev/null >"$list" || no_list
code=0
# Files that grow or end while they are read are no failure: 1 says so, 2 is one.
said=$(tar --create --gzip --file "$part" --directory / --ignore-failed-read --files-from "$list" 2>&1) || code=$?
[ "$code" -le 1 ] || fail "The files cannot be packed ($(printf '%s\n' "$said" | tail -n 1)): check the space in $into, and run this as root."
tar --list --gzip --file "$part" >/dev/null 2>&1 || fail "The file $part cannot be read again: check the space in $into."
rm -f -- "$list"
end_part
