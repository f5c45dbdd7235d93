#!/bin/sh
# Restores a backup of backup-files.sh to where its files were. Stop Node-RED and Mosquitto before, start them afterward; then
# npm install in the user directory of Node-RED where it has a package.json: node_modules are not in the backup.
#   sh restore-files.sh /var/backups/pm500/20260329T002000Z-files.tar.gz
# The user directory must have no flows, and nothing that this package keeps there. RESTORE_ROOT=/: below which folder.
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
names=$(tar --list --gzip --quoting-style=literal --file "$from" 2>/dev/null) || fail "$from is no backup, or not whole: choose another."
folders=$(printf '%s\n' "$names" | sed -nE 's#/(flows[^/]*\.json|settings\.js|\.config\.[^/]*json)$##p' | sort -u)
[ -n "$folders" ] || fail "$from has no flows of Node-RED: choose another."
while IFS= read -r folder; do
  user_dir=${root%/}/$folder
  for flows in "$user_dir"/flows*.json; do
    [ ! -e "$flows" ] || fail "There are flows in /$folder already ($flows): move them away first, nothing is overwritten."
  done
  # Flows may be called otherwise; a package.json is of whoever has installed the nodes.
  for other in "$user_dir"/*.json; do
    case ${other##*/} in
      package.json | package-lock.json) continue ;;
    esac
    if [ -e "$other" ] && printf '%s\n' "$names" | grep -qxF -- "$folder/${other##*/}"; then
      fail "There is $other already: move it away first, nothing is overwritten."
    fi
  done
  # Of two states in one folder nobody could tell what was delivered: records that wait would be overwritten, and others sent again.
  if printf '%s\n' "$names" | grep -qF -- "$folder/pm500/" && [ -n "$(ls -A -- "$user_dir/pm500" 2>/dev/null)" ]; then
    fail "There are outboxes and states in $user_dir/pm500 already: move that folder away first, and keep it, for what waits there is nowhere else."
  fi
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
# Without flowFile in its settings Node-RED looks for flows that are called after the computer.
user_dir=${root%/}/$node_red
for flows in "$user_dir"/flows_*.json; do
  case $flows in
    *_cred.json | "$user_dir/flows_$(uname -n).json") continue ;;
  esac
  if [ -e "$flows" ] && ! grep -qsE '^[^/*]*flowFile' "$user_dir/settings.js"; then
    echo "The flows in ${flows##*/} are called after the other computer: set flowFile to that name in settings.js, or Node-RED here begins with none." >&2
  fi
done
echo "Restored $from. Now npm install in /$node_red if it has a package.json, and start Mosquitto and Node-RED."
