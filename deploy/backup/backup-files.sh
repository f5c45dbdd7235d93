#!/bin/sh
# Backs up what is no database while everything runs: the user directory of Node-RED (flows, credentials, settings, state,
# outboxes), the configuration and the persistent messages of Mosquitto, certificates and secrets. Run it as root.
#   sh backup-files.sh /var/backups/pm500
# NODE_RED_DIR, MOSQUITTO_CONF_DIR, MOSQUITTO_DATA_DIR, PM500_CONF_DIR: where these are, if not where the units of this stack have
# them, or Debian's packages where there are no such units. Each may be a symbolic link, as systemd makes it for a dynamic user. One that
# is named and not there is refused: the backup would lack it.
# MOSQUITTO_PID: process that is to save its messages first; that of the unit or of the pid file where not given.
# Each run makes a file of its own, named by the time (UTC), readable by its owner alone: it holds every secret of the site.
set -eu
umask 077

# folder of the unit, that of the package: the one that is there. Behind the first only root sees whether it is.
first_of() {
  if [ -e "$1" ] || [ -L "$1" ]; then printf '%s' "$1"; else printf '%s' "$2"; fi
}

# A folder as tar has to have it, which starts at /; one that is a link stays one.
whole() {
  (CDPATH='' cd -- "$1" 2>/dev/null && pwd) || printf '%s' "$1"
}

into=${1:-}
node_red=${NODE_RED_DIR:-$(first_of /var/lib/pm500-node-red /var/lib/node-red)}
mosquitto_conf=${MOSQUITTO_CONF_DIR:-/etc/mosquitto}
mosquitto_data=${MOSQUITTO_DATA_DIR:-$(first_of /var/lib/pm500-mosquitto /var/lib/mosquitto)}
pm500=${PM500_CONF_DIR:-/etc/pm500}
mosquitto_pid=${MOSQUITTO_PID:-}

# shellcheck source=deploy/backup/part.sh
. "$(dirname -- "$0")/part.sh"

[ -n "$into" ] || fail 'Say where to: sh backup-files.sh /var/backups/pm500'
[ -d "$node_red" ] || fail "There is no folder $node_red: set NODE_RED_DIR to the user directory of Node-RED, and run this as root."
for variable in MOSQUITTO_CONF_DIR MOSQUITTO_DATA_DIR PM500_CONF_DIR; do
  eval "named=\${$variable:-}"
  [ -z "$named" ] || [ -e "$named" ] || fail "There is no folder $named: correct $variable, or leave it empty, and run this as root; nothing was backed up."
done
node_red=$(whole "$node_red")
mosquitto_conf=$(whole "$mosquitto_conf")
mosquitto_data=$(whole "$mosquitto_data")
pm500=$(whole "$pm500")
begin_part -files.tar.gz
# Of a run that was killed it goes as that of the archive does.
list=$name.list.$$.part
links=$name.links.list.$$.part
linked=$name.linked.list.$$.part
broken=$name.broken.list.$$.part
trap 'rm -rf -- "$part" "$list" "$links" "$linked" "$broken"' EXIT
no_list() {
  fail "The list of files cannot be written to $into: make room on its volume and run this again."
}
not_read() {
  fail "Not everything can be read ($1): run this as root; nothing was backed up."
}

line_break='
'
# folder, and what find is to print of what is in it: adds that to the list. What ends while it looks is no failure. The folder
# itself may be a link, which is there or is made by its service. A name with a line break would be two in the list, the second of
# which a service could choose: none comes there, and the first is refused.
look() {
  looked_in=$1
  shift
  said=$(LC_ALL=C find -H "$looked_in" -mindepth 1 -path "*$line_break*" -fprint0 "$broken" -o "$@" 2>&1 >>"$list") || refuse_said
  [ ! -s "$broken" ] ||
    fail "The name of $(tr '\000\001-\037' '\n?' <"$broken" | head -n 1) has a line break (shown as ?): rename or remove it, and run this again; nothing was backed up."
}

refuse_said() {
  said=$(printf '%s\n' "$said" | grep -v 'No such file or directory' | tail -n 1)
  case $said in
    '') ;;
    *'No space left'* | *'uota exceeded'* | *'write error'*) no_list ;;
    *) not_read "$said" ;;
  esac
}

# folder, and which links in it find is to look for: refuses the first one that leads anywhere. A service could name by a link what root
# alone may read, so nothing behind one is taken; without it the backup would be none.
no_links() {
  linked_in=$1
  shift
  link=$(LC_ALL=C find -H "$linked_in" -mindepth 1 "$@" -type l ! -xtype l -print 2>/dev/null | head -n 1)
  [ -z "$link" ] || fail "$link is a link, and what is behind links is not taken: put in its place what it names, and run this again; nothing was backed up."
}

# What every user directory of Node-RED has.
of_node_red='/(flows[^/]*\.json|settings\.js|\.config\.[^/]*json)$'
(: >"$list" && : >"$linked") 2>/dev/null || no_list
# Mosquitto writes its messages when it ends, now and then, and when it is asked.
case $mosquitto_pid$mosquitto_data in
  /var/lib/pm500-mosquitto) mosquitto_pid=$(systemctl show --property=MainPID --value pm500-mosquitto.service 2>/dev/null) || mosquitto_pid= ;;
  /*) [ ! -r /run/mosquitto/mosquitto.pid ] || mosquitto_pid=$(cat /run/mosquitto/mosquitto.pid) ;;
esac
if [ "${mosquitto_pid:-0}" != 0 ] && [ -d "$mosquitto_data" ]; then
  kill -USR1 "$mosquitto_pid" 2>/dev/null || fail "There is no Mosquitto with the process id $mosquitto_pid: set MOSQUITTO_PID, or leave it empty."
  # A file that is older than the question is no answer; without persistence there never is one.
  left=3
  [ -z "$(find -H "$mosquitto_data" -name mosquitto.db)" ] || left=10
  while [ "$left" -gt 0 ] && [ -z "$(find -H "$mosquitto_data" -name mosquitto.db -newer "$list")" ]; do
    sleep 1
    left=$((left - 1))
  done
fi

no_links "$node_red" -maxdepth 1 \( -name pm500 -o -name projects -o -name lib -o -name context -o -name '*.json' -o -name '*.js' \)
for folder in pm500 projects lib context; do
  if [ -e "$node_red/$folder" ]; then no_links "$node_red/$folder" -name node_modules -prune -o; fi
done
if [ -e "$mosquitto_data" ]; then no_links "$mosquitto_data" -name 'mosquitto*.db*'; fi
look "$node_red" -path '*/node_modules' -prune -o \( -type f ! -name '*.lock' -o -type d \) -print
grep -qE "$of_node_red" "$list" ||
  fail "There are no flows in $node_red: set NODE_RED_DIR to the user directory of Node-RED; nothing was backed up."
for folder in "$mosquitto_conf" "$mosquitto_data" "$pm500"; do
  if [ -e "$folder" ] || [ -L "$folder" ]; then look "$folder" \( -type f ! -name '*.new' -o -type d \) -print; fi
done
# A certificate is often a link to where it is renewed. In these folders root alone makes links: a copy of the file is taken.
for folder in "$mosquitto_conf" "$pm500"; do
  [ -e "$folder" ] || continue
  no_links "$folder" -xtype d
  LC_ALL=C find -H "$folder" -mindepth 1 -type l -xtype f ! -name '*.new' -print 2>/dev/null >>"$linked" || no_list
done
while IFS= read -r link; do
  { mkdir -p -- "$links$(dirname -- "$link")" && cp -pL -- "$link" "$links$link"; } 2>/dev/null ||
    fail "What the link $link names cannot be copied: see that there is room in $into, and run this as root."
done <"$linked"
{ mkdir -p -- "$links" && find "$links" -type f -printf '%P\n' >"$linked"; } 2>/dev/null || no_list
# Of an outbox the position goes first: what is delivered while the rest is copied is delivered twice, and nothing is missing.
# Names are those below /, one a line, and no line is an option of tar.
in_order() {
  awk '{ print ($0 !~ "/pm500/outbox" ? 1 : $0 ~ "/segment-[^/]*$" ? 2 : 0) $0 }' "$list" | LC_ALL=C sort -u | sed 's|^./||'
}
code=0
said=$(in_order | LC_ALL=C tar --create --gzip --no-recursion --no-unquote --verbatim-files-from --file "$part" --ignore-failed-read \
  --directory / --files-from - --directory "$links" --files-from "$linked" 2>&1) || code=$?
# Files that grow or end while they are read are no failure: 1 says so, 2 is one.
[ "$code" -le 1 ] || fail "The files cannot be packed ($(printf '%s\n' "$said" | tail -n 1)): check the space in $into, and run this as root."
said=$(printf '%s\n' "$said" | grep -vE '^$|No such file|changed as we read|removed before we read|shrank by' | head -n 1)
[ -z "$said" ] || not_read "$said"
packed=$(tar --list --gzip --file "$part" 2>/dev/null) || fail "The file $part cannot be read again: check the space in $into."
printf '%s\n' "$packed" | grep -qE "$of_node_red" || fail "The flows are not in $part: check the space in /tmp, and run this again."
rm -rf -- "$list" "$links" "$linked" "$broken"
end_part
