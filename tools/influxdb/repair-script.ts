import { RAW, SUMMARY_TIERS, WINDOW_TIERS, type Tier } from '../../src/influx/tiers/plan';
import type { Source } from '../../src/influx/tiers/sources';
import { CHECK_KEEP, taskFile, ZONE_MARK } from './flux';
import { GENERATED } from './plan';

const SECONDS_OF_DAY = 86_400;

/** The script that makes the tiers of InfluxDB 2 again for any time of which raw points are kept, with the queries of the tasks. */
export function repairV2(sources: readonly Source[]): string {
  const filesOf = (tier: Tier): string => sources.map((source) => taskFile(source, tier)).join(' ');
  const windows = WINDOW_TIERS.map((tier) => `  make "$at" "$next" ${filesOf(tier)}`);
  const periods = SUMMARY_TIERS.filter((tier) => !('windowMs' in tier)).map(
    (tier) => `make "$from" "$now" ${filesOf(tier)}`,
  );
  return `#!/bin/sh
# ${GENERATED}
# Makes the tiers of InfluxDB 2 again from a time on, for what came later than the tasks look back, which is two days: after a
# longer outage, once the outboxes are empty. It may run twice. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN, or configure influx.
#   TIME_ZONE=Europe/Berlin sh repair-v2.sh 2026-03-12 [2026-03-15]     from the first day, in UTC, to the end of the second or to now
# INFLUX_KEEP=raw=60d: as bootstrap-v2.sh has it, where raw points are not kept as long as the plan says.
set -eu
here=$(dirname -- "$0")
zone=\${TIME_ZONE:-UTC}

fail() {
  printf '%s\\n' "$*" >&2
  exit 1
}

# day: its beginning in UTC, seconds.
seconds_of() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) date -u -d "$1 00:00:00" +%s 2>/dev/null || fail "$1 is no day: give one such as 2026-03-12." ;;
    *) fail "\\"$1\\" is no day: give one such as 2026-03-12." ;;
  esac
}

# from to file ...: runs the query of each task over this time.
make() {
  start=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ)
  stop=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)
  shift 2
  for file in "$@"; do
    text=$(sed -e '/^option task = /d' -e "s|${ZONE_MARK}|$zone|" -e "s|(t: -[0-9a-z]*, |(t: $start, |" -e "s|(t: now(), |(t: $stop, |" "$here/$file")
    error=$(printf '%s\\n' "$text" | influx query --file /dev/stdin 2>&1 >/dev/null) ||
      fail "InfluxDB 2 does not make $file from $start to $stop ($(printf '%s' "$error" | tail -n 1)): see that it runs and that the token may write all buckets, then run this again."
  done
}

command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
case $zone in
  *[!A-Za-z0-9_+/-]*) fail "TIME_ZONE is $zone: give a name of the IANA data, for instance Europe/Berlin." ;;
esac
now=$(date -u +%s)
from=$(seconds_of "\${1:-}")
to=$now
if [ $# -ge 2 ]; then
  last=$(seconds_of "$2")
  to=$((last + ${SECONDS_OF_DAY}))
fi
[ "$to" -le "$now" ] || to=$now
[ "$from" -lt "$to" ] || fail 'The time to make again ends before it begins: give a first day in the past, and a later second one.'
keep=$(printf '%s' "\${INFLUX_KEEP:-}" | tr ',' ' ')
${CHECK_KEEP}raw=${RAW.keepDays}
for pair in $keep; do
  case $pair in
    raw=*)
      raw=\${pair#raw=}
      raw=\${raw%d}
      ;;
  esac
done
# Of older days there is nothing left to make tiers of.
[ "$raw" = INF ] || [ "$from" -ge $((now - (raw - ${RAW.shardDays}) * ${SECONDS_OF_DAY})) ] ||
  fail "Raw points are kept for $raw days: give a first day of the last $((raw - ${RAW.shardDays}))."
at=$from
while [ "$at" -lt "$to" ]; do
  next=$((at + ${SECONDS_OF_DAY}))
  [ "$next" -le "$to" ] || next=$to
${windows.join('\n')}
  at=$next
done
${periods.join('\n')}
echo "The tiers are made again from $1 on."
`;
}
