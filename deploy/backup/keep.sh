#!/bin/sh
# Removes the oldest backups of a folder, but for the newest ones: of each kind as many as BACKUPS_KEPT says.
#   BACKUPS_KEPT=7 sh keep.sh /var/lib/pm500-backup
# Only what the backups beside this file have made, by its name; what is not whole goes with the next backup. One whose name
# is of more than a day still to come takes the place of no other, and stays until somebody has looked at it. Of the others the one that was
# written last always stays: a clock that was set back gives it an older name than those before it.
set -eu

into=${1:-}
kept=${BACKUPS_KEPT:-7}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

[ -n "$into" ] || fail 'Say where they are: sh keep.sh /var/lib/pm500-backup'
[ -d "$into" ] || fail "There is no folder $into: name that of the backups."
case $kept in
  '' | *[!0-9]* | 0*) fail "BACKUPS_KEPT is $kept: give a whole number, 1 or more." ;;
esac

told_of() {
  echo "$1 is of a time still to come, so one of the clocks was wrong: it is not counted, and stays until you have removed it." >&2
}

# shellcheck source=deploy/backup/made.sh
. "$(dirname -- "$0")/made.sh"

# The backups of one kind, the oldest first.
remove() {
  for each in "$@"; do
    shift
    if has_come "$each"; then set -- "$@" "$each"; else told_of "$each"; fi
  done
  last=${1:-}
  for each in "$@"; do
    # shellcheck disable=SC3013 # dash, bash and busybox know it, and POSIX since 2024.
    [ "$last" -nt "$each" ] || last=$each
  done
  # It goes around to the end, and is not met again as long as there is another one to remove.
  while [ "$#" -gt "$kept" ]; do
    each=$1
    shift
    if [ "$each" = "$last" ]; then
      set -- "$@" "$each"
    else
      rm -rf -- "$each" || fail "The old backup $each cannot be removed: check your rights."
    fi
  done
}

day='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'
time='[0-9][0-9][0-9][0-9][0-9][0-9]'
for ending in '' -files.tar.gz; do
  # shellcheck disable=SC2086 # A pattern; without a match it stays alone, and one is never too many.
  remove "$into"/${day}T${time}Z$ending
done
