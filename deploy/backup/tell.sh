#!/bin/sh
# Tells the metrics database of the newest backup in a folder, for the alerts BackupFailed and BackupOverdue: when it was made, until
# when there has to be a newer one, and whether the last try failed. pm500-backup.service runs it after each try, however that ended.
#   SERVICE_RESULT=success sh tell.sh influxdb /var/lib/pm500-backup
# The first word says what is backed up; -files.tar.gz behind the names is told by itself. SERVICE_RESULT: of systemd, or an exit code:
# success and 0 did not fail. BACKUP_DAYS=7: how old the newest may become. METRICS_URL: VictoriaMetrics.
set -eu

part=${1:-}
from=${2:-}
days=${BACKUP_DAYS:-7}
url=${METRICS_URL:-http://127.0.0.1:8428}
url=${url%/}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

case $part in
  '' | *[!a-z-]*) fail 'Say of what and where: sh tell.sh influxdb /var/lib/pm500-backup' ;;
esac
[ -d "$from" ] || fail "There is no folder $from: name that of the backups."
case $days in
  '' | *[!0-9]* | 0*) fail "BACKUP_DAYS is $days: give a whole number, 1 or more." ;;
esac
case ${SERVICE_RESULT:-} in
  success | 0) failed=0 ;;
  '') fail 'Say how the backup ended: SERVICE_RESULT=success, or its exit code.' ;;
  *) failed=1 ;;
esac

# shellcheck source=deploy/backup/made.sh
. "$(dirname -- "$0")/made.sh"

# What is not whole has .part behind its name.
newest=
for each in "$from"/[0-9]*T[0-9]*Z "$from"/[0-9]*T[0-9]*Z-files.tar.gz; do
  [ -e "$each" ] || continue
  has_come "$each" || continue
  name=${each##*/}
  stamp=${name%%Z*}
  if [ -z "$newest" ] || [ "$(printf '%s\n%s\n' "$newest" "$stamp" | LC_ALL=C sort | tail -n 1)" = "$stamp" ]; then newest=$stamp; fi
done
made=
if [ -n "$newest" ]; then
  made=$(date -u -d "$(printf '%s' "$newest" | sed -E 's/^(....)(..)(..)T(..)(..)(..)$/\1-\2-\3 \4:\5:\6/')" +%s 2>/dev/null) ||
    fail "The name of the backup ${newest}Z in $from is no time: move it away."
fi
# Where there is none at all, one is due now.
if [ -n "$made" ]; then due=$((made + days * 86400)); else due=$(date +%s); fi

labels="{part=\"$part\"}"
{
  [ -z "$made" ] || printf 'pm500_backup_time_seconds%s %s\n' "$labels" "$made"
  printf 'pm500_backup_due_seconds%s %s\npm500_backup_failed%s %s\n' "$labels" "$due" "$labels" "$failed"
} | curl --silent --fail --max-time 30 --output /dev/null --data-binary @- \
  "$url/api/v1/import/prometheus?extra_label=job=pm500-backup&extra_label=instance=$(uname -n | tr -c 'A-Za-z0-9._\n-' _)" ||
  fail "VictoriaMetrics does not answer at $url: set METRICS_URL to its address, and see that it runs."
