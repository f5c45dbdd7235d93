# shellcheck shell=sh
# When a backup was made, as its name says. Sourced.

# What was made while the clock was wrong has a name from a time still to come, and would be the newest for years. A clock that was
# set back a little is no reason to doubt.
latest=$(date -u -d "@$(($(date +%s) + 86400))" +%Y%m%d%H%M%S)

# path: whether its name is of a time that has come.
has_come() {
  made_at=${1##*/}
  made_at=${made_at%%Z*}
  case ${made_at%T*}${made_at#*T} in
    *[!0-9]*) return 0 ;;
    *) [ "${made_at%T*}${made_at#*T}" -le "$latest" ] ;;
  esac
}
