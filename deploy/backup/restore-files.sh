#!/bin/sh
# Restores a backup of backup-files.sh to where its files were. Stop Node-RED and Mosquitto before, start them afterward; then
# npm install in the user directory of Node-RED, whose node_modules are not in the backup.
#   sh restore-files.sh /var/backups/pm500/20260329T002000Z-files.tar.gz
# NODE_RED_DIR: the user directory, if not where Debian has it; it must have no flows. RESTORE_ROOT=/: below which folder.
set -eu

from=${1:-}
root=${RESTORE_ROOT:-/}
node_red=${NODE_RED_DIR:-/var/lib/node-red}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

[ -n "$from" ] || fail 'Say what to restore: sh restore-files.sh /var/backups/pm500/20260329T002000Z-files.tar.gz'
case $from in
  *.part) fail "$from is a backup that was never finished: choose another." ;;
esac
tar --list --gzip --file "$from" >/dev/null 2>&1 || fail "$from is no backup, or not whole: choose another."
for flows in "${root%/}$node_red"/flows*.json; do
  [ ! -e "$flows" ] || fail "There are flows in $node_red already ($flows): move them away first, nothing is overwritten."
done
mkdir -p -- "$root"
tar --extract --gzip --preserve-permissions --file "$from" --directory "$root" ||
  fail "The files cannot be unpacked below $root: check the space and your rights."
echo "Restored $from. Now npm install in $node_red, and start Mosquitto and Node-RED."
