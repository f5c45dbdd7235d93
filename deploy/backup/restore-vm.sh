#!/bin/sh
# Restores a backup of backup-vm.sh into a folder that has no data. Stop VictoriaMetrics before, start it afterward.
#   sh restore-vm.sh /var/backups/victoria-metrics/20260329T002000Z
# METRICS_DIR: the folder, if not that of pm500-victoria-metrics. METRICS_URL: where a server that still runs would answer.
set -eu

from=${1:-}
url=${METRICS_URL:-http://127.0.0.1:8428}
url=${url%/}
data=${METRICS_DIR:-/var/lib/pm500-victoria-metrics}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v vmrestore >/dev/null 2>&1 || fail 'This script needs vmrestore: install it (apt-get install victoria-metrics) and run this again.'
command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
[ -n "$from" ] || fail 'Say what to restore: sh restore-vm.sh /var/backups/victoria-metrics/20260329T002000Z'
case $from in
  *.part | *.part/) fail "$from is a backup that was never finished: choose another." ;;
esac
[ -e "$from/backup_complete.ignore" ] || fail "$from is no backup, or not whole: choose another."
from=$(CDPATH='' cd -- "$from" && pwd -P)
! curl --silent --max-time 5 --output /dev/null "$url/health" || fail "VictoriaMetrics still runs at $url: stop it first, and start it afterward."
# vmrestore would remove what is not in the backup.
[ -z "$(ls -A -- "$data" 2>/dev/null)" ] || fail "There are data in $data already: move them away first, nothing is overwritten."
mkdir -p -- "$data" 2>/dev/null || fail "The folder $data cannot be made: check its place and your rights."
# Of a link, as systemd makes it for a dynamic user, the folder behind it: chown would change the link alone.
data=$(CDPATH='' cd -- "$data" && pwd -P)
log=$(vmrestore -src="fs://$from" -storageDataPath="$data" -httpListenAddr=127.0.0.1:0 -loggerLevel=ERROR 2>&1) ||
  fail "The backup cannot be restored into $data ($(printf '%s\n' "$log" | tail -n 1)): check the space and your rights, and empty that folder before you run this again."
# Whoever owns the folder reads what is in it; systemd gives it to the user of the service where that is another.
chown -R --reference="$data" -- "$data"
echo "Restored $from. Now start VictoriaMetrics."
