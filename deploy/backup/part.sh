# shellcheck shell=sh
# What the backups share: a name by the time, and another name until the backup is whole, so that nobody restores a half.
# Sourced; into is the folder of the backups.

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# ending of the name: a database on the same disk takes nothing more once that is full, so it must not become full by a backup. How
# much one takes is told by the one before.
room_for_one_more() {
  before=
  for before in "$into"/[0-9]*T[0-9]*Z"$1"; do :; done
  [ -e "$before" ] || return 0
  takes=$(du -sk -- "$before" 2>/dev/null | cut -f 1) || return 0
  free=$(df -Pk -- "$into" 2>/dev/null | awk 'NR == 2 { print $4 }') || return 0
  case $takes$free in
    '' | *[!0-9]*) return 0 ;;
  esac
  # It has grown since then.
  [ "$free" -gt $((takes + takes / 4)) ] ||
    fail "There is no room for the backup in $into: $((free / 1024)) MB are free, and the one before took $((takes / 1024)) MB; make room, or keep fewer (BACKUPS_KEPT), and run this again."
}

# ending of the name: sets name, what the backup is called when it is whole, and part, what it is called before.
begin_part() {
  mkdir -p -- "$into" 2>/dev/null || fail "The folder $into cannot be made: check its place and your rights."
  # vmbackup takes whole paths alone.
  into=$(CDPATH='' cd -- "$into" && pwd)
  name=$into/$(date -u +%Y%m%dT%H%M%SZ)$1
  [ ! -e "$name" ] || fail "There is a backup $name already: run this again in a second."
  for left in "$into"/*.part; do
    # Of one that was killed, and takes room; that of another that still runs stays.
    [ -e "$left" ] || continue
    runs=${left%.part}
    runs=${runs##*.}
    case $runs in
      *[!0-9]*) ;;
      *) [ "$runs" -eq $$ ] || [ ! -d "/proc/$runs" ] || continue ;;
    esac
    rm -rf -- "$left"
  done
  room_for_one_more "$1"
  part=$name.$$.part
  trap 'rm -rf -- "$part"' EXIT
  trap 'exit 1' HUP INT TERM
}

# Gives the backup its name, and says it.
end_part() {
  mv -- "$part" "$name"
  trap - EXIT
  printf '%s\n' "$name"
}

# file: its last line, which says why a program failed; a full disk has no room for that either.
last_line() {
  line=$(tail -n 1 -- "$1" 2>/dev/null) || line=
  printf '%s' "${line:-no reason given}"
}
