#!/bin/sh
# Starts Node-RED with the settings beside this file. The reference flow is copied when there is no flow yet, and is the
# operator's from then on.
#   USER_DIR: where flows and outboxes are; NODE_RED_PROGRAM: red.js of Node-RED, if it is not beside this package
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${USER_DIR:?USER_DIR is not set: name the folder of flows and outboxes}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

[ -w "$folder" ] || fail "Nothing can be written into $folder as user $(id -u): give the folder to this user."
if [ ! -e "$folder/flows.json" ]; then
  # Credentials first: a flow without them would be deployed without.
  for name in flows_cred.json flows.json; do
    (umask 077 && cp -- "$here/$name" "$folder/.$name.new" && mv -f -- "$folder/.$name.new" "$folder/$name") 2>/dev/null ||
      fail "The reference flow cannot be copied to $folder: make room on its volume and start this again."
  done
fi
exec node "${NODE_RED_PROGRAM:-$here/../../../../node-red/red.js}" --settings "$here/settings.js" --userDir "$folder"
