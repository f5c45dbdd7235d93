#!/bin/sh
# Backs up VictoriaMetrics while it runs: vmbackup copies a snapshot, which the server makes and removes. Needs vmbackup (Debian
# package victoria-metrics) and curl on the machine of the server, and rights to read its folder: run it as root.
#   METRICS_URL=http://127.0.0.1:8428 sh backup-vm.sh /var/backups/victoria-metrics
# METRICS_DIR: the folder of its data, if not that of pm500-victoria-metrics.
# Keeps what is there: each run makes a folder of its own, named by the time (UTC), and says it when it is whole.
set -eu
umask 077

into=${1:-}
url=${METRICS_URL:-http://127.0.0.1:8428}
url=${url%/}
data=${METRICS_DIR:-/var/lib/pm500-victoria-metrics}

# shellcheck source=deploy/backup/part.sh
. "$(dirname -- "$0")/part.sh"

[ -n "$into" ] || fail 'Say where to: sh backup-vm.sh /var/backups/victoria-metrics'
command -v vmbackup >/dev/null 2>&1 || fail 'This script needs vmbackup: install it (apt-get install victoria-metrics) and run this again.'
command -v curl >/dev/null 2>&1 || fail 'This script needs curl: install it (apt-get install curl) and run this again.'
[ -d "$data/data" ] || fail "There are no data of VictoriaMetrics in $data: set METRICS_DIR to its -storageDataPath, and run this as root."
curl --silent --fail --max-time 5 --output /dev/null "$url/health" || fail "VictoriaMetrics does not answer at $url: set METRICS_URL to its address, and see that it runs."
begin_part ''
# The port of its own metrics is any that is free, of this computer alone.
vmbackup -storageDataPath="$data" -snapshot.createURL="$url/snapshot/create" -dst="fs://$part" \
  -httpListenAddr=127.0.0.1:0 -loggerLevel=ERROR >"$into/last-backup.log" 2>&1 ||
  fail "VictoriaMetrics at $url gives no backup ($(last_line "$into/last-backup.log")): check METRICS_DIR, your rights, and the space in $into."
[ -e "$part/backup_complete.ignore" ] || fail "The backup of VictoriaMetrics is not whole: see $into/last-backup.log."
end_part
