#!/bin/sh
# Restores a backup of backup-files.sh to where its files were. Stop Node-RED and Mosquitto before, start them afterward; then
# npm install in the user directory of Node-RED where it has a package.json: node_modules are not in the backup.
#   sh restore-files.sh /var/backups/pm500/20260329T002000Z-files.tar.gz
# The user directory must have no flows. RESTORE_ROOT=/: below which folder.
set -eu
# A folder that is missing above its files is for everybody, as those of packages are; those within have the rights they had.
umask 022

from=${1:-}
root=${RESTORE_ROOT:-/}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

[ -n "$from" ] || fail 'Say what to restore: sh restore-files.sh /var/backups/pm500/20260329T002000Z-files.tar.gz'
case $from in
  *.part) fail "$from is a backup that was never finished: choose another." ;;
esac
names=$(tar --list --gzip --file "$from" 2>/dev/null) || fail "$from is no backup, or not whole: choose another."
folders=$(printf '%s\n' "$names" | sed -nE 's#/(flows[^/]*\.json|settings\.js|\.config\.[^/]*json)$##p' | sort -u)
[ -n "$folders" ] || fail "$from has no flows of Node-RED: choose another."
while IFS= read -r folder; do
  for flows in "${root%/}/$folder"/flows*.json; do
    [ ! -e "$flows" ] || fail "There are flows in /$folder already ($flows): move them away first, nothing is overwritten."
  done
done <<END
$folders
END
mkdir -p -- "$root"
tar --extract --gzip --preserve-permissions --file "$from" --directory "$root" ||
  fail "The files cannot be unpacked below $root: check the space and your rights."
# systemd keeps the files of a service with a user of its own behind a link, and looks at the owner of that folder alone: what is
# in it gets that owner, or the service could not read it.
printf '%s\n' "$names" | sed -nE 's#^(.*/pm500-(node-red|mosquitto))/.*#\1#p' | sort -u | while IFS= read -r folder; do
  state=${root%/}/$folder
  [ ! -L "$state" ] || chown -R --reference="$state/" -- "$state/" ||
    fail "What is in $state cannot be given to its service: run this as root."
done
node_red=$(printf '%s\n' "$folders" | head -n 1)
echo "Restored $from. Now npm install in /$node_red if it has a package.json, and start Mosquitto and Node-RED."
