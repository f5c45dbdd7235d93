import { AGGREGATES, mergeOf, type Aggregate } from '../../src/influx/tiers/aggregates';
import {
  DATABASE,
  RAW,
  SUMMARY_TIERS,
  TIERS,
  WINDOW_TIERS,
  type PeriodTier,
  type Tier,
  type WindowTier,
} from '../../src/influx/tiers/plan';
import type { Source, SourceField } from '../../src/influx/tiers/sources';
import { tariffEnergyBase } from '../../src/metrics/derived-metrics';
import { GENERATED } from './plan';

/** Flux tasks and the set-up script for InfluxDB 2. */

const bucketOf = (name: string): string => `${DATABASE}_${name}`;

/** Stands where the set-up script puts the time zone of the site. */
export const ZONE_MARK = '@time zone@';

/** Energies of a site's tariff periods, whatever their names. */
const TARIFF_FIELDS = `${tariffEnergyBase('')}.*`;

/**
 * The calls that sum up the fields of raw points with an aggregate. Flux has no least or greatest state: there 0 stands for
 * off and 1 for on.
 */
function rawSteps({ fields, influxMeasurement }: Source, aggregate: Aggregate): string[] {
  const isCounted = ({ type }: SourceField): boolean => type === 'boolean' && aggregate !== 'last';
  const chosen = fields.filter(({ aggregates }) => aggregates.includes(aggregate));
  const names = chosen.filter((field) => !isCounted(field)).map(({ field }) => field);
  if (aggregate === 'last' && influxMeasurement.endsWith('_kpi')) names.push(TARIFF_FIELDS);
  const call = (what: string, matched: readonly string[]): string[] =>
    matched.length === 0
      ? []
      : [`${what}(fields: /^(${matched.join('|')})$/, fn: ${aggregate}, suffix: "_${aggregate}")`];
  return [
    ...call('summary', names),
    ...call(
      'summaryOfStates',
      chosen.filter(isCounted).map(({ field }) => field),
    ),
  ];
}

/** Of raw points the fields by their names, of a tier by the aggregate that their names end in. */
function steps(source: Source, tier: WindowTier | PeriodTier): string[] {
  return AGGREGATES.flatMap((aggregate) => {
    if (tier.from === RAW.name) return rawSteps(source, aggregate);
    return [`summary(fields: /_${aggregate}$/, fn: ${mergeOf(aggregate)}, suffix: "")`];
  });
}

/** What a task does: when it runs, and over what range. */
interface Run {
  readonly name: string;
  /** As `option task` takes them. */
  readonly when: string;
  readonly from: string;
}

/**
 * Days and months end at another hour in each time zone, so their tasks look every hour; what they read is little. Twenty minutes
 * later the quarters of the hour are there.
 */
function usualRun(tier: WindowTier | PeriodTier): Run {
  if ('windowMs' in tier) return { name: tier.name, when: `every: ${tier.every}, offset: 20s`, from: `-${tier.again}` };
  return { name: tier.name, when: 'every: 1h, offset: 20m', from: tier.period === 'day' ? '-3d' : '-1mo' };
}

/**
 * Each night once more over two days, for what came later than the usual task looks back: an outbox that drained after an outage.
 * A window that is made again takes the place of itself. Minutes first, for quarters are made of them.
 */
const repairRun = ({ name, from }: WindowTier): Run => ({
  name: `${name} repair`,
  when: `every: 1d, offset: ${from === RAW.name ? '30m' : '90m'}`,
  from: '-2d',
});

/** A task that sums one measurement up over one tier. */
function task(source: Source, tier: WindowTier | PeriodTier, { name: runName, when, from }: Run): string {
  const name = source.influxMeasurement;
  // Whole windows, so that one that is made again is never cut short.
  const to = tier.window;
  const zone = 'windowMs' in tier ? '' : `import "timezone"\n`;
  const location = 'windowMs' in tier ? '' : `option location = timezone.location(name: "${ZONE_MARK}")\n`;
  const states =
    tier.from === RAW.name
      ? 'summaryOfStates = (fields, fn, suffix) => values(fields: fields) |> toInt() |> store(fn: fn, suffix: suffix)\n'
      : '';
  return `// ${GENERATED}
import "date"
${zone}
option task = {name: "${name} ${runName}", ${when}}
${location}
from_time = date.truncate(t: ${from}, unit: ${to})
to_time = date.truncate(t: now(), unit: ${to})

values = (fields) =>
    from(bucket: "${bucketOf(tier.from)}")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "${name}" and r._field =~ fields)

store = (fn, suffix, tables=<-) =>
    tables
        |> aggregateWindow(every: ${tier.window}, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "${bucketOf(tier.name)}")

summary = (fields, fn, suffix) => values(fields: fields) |> store(fn: fn, suffix: suffix)
${states}
${steps(source, tier).join('\n')}
`;
}

/** The task that keeps a tier up to date. */
export const fluxTask = (source: Source, tier: WindowTier | PeriodTier): string => task(source, tier, usualRun(tier));

/** The task that gets into a tier what came late. */
export const fluxRepair = (source: Source, tier: WindowTier): string => task(source, tier, repairRun(tier));

export const taskFile = (source: Source, tier: Tier): string => `v2/${source.influxMeasurement}-${tier.name}.flux`;
export const repairFile = (source: Source, tier: Tier): string =>
  `v2/${source.influxMeasurement}-${tier.name}-repair.flux`;

/** Shell: refuses a word of `$keep`, which is INFLUX_KEEP, that names no tier or no time. */
export const CHECK_KEEP = `for pair in $keep; do
  case $pair in
    ${TIERS.map(({ name }) => `${name}=*`).join(' | ')}) ;;
    *) pair=\${pair}= ;;
  esac
  case \${pair#*=} in
    INF) ;;
    *[!0-9d]* | *d*d | 0* | d | '' | *[!d]) fail "INFLUX_KEEP has \${pair%=}: give tiers of ${TIERS.map(({ name }) => name).join(', ')} and whole days, such as raw=60d,1m=180d, or INF for ever." ;;
  esac
done
`;

export function bootstrapV2(tasksOf: readonly Source[]): string {
  const buckets = TIERS.map(
    ({ name, keepDays, shardDays }) =>
      `bucket ${bucketOf(name)} ${keepDays === 0 ? '0' : `${keepDays * 24}h`} ${shardDays * 24}h`,
  );
  const tasks = SUMMARY_TIERS.flatMap((tier) =>
    tasksOf.map((source) => `task "${source.influxMeasurement} ${tier.name}" ${taskFile(source, tier)}`),
  );
  const repairs = WINDOW_TIERS.flatMap((tier) =>
    tasksOf.map((source) => `task "${source.influxMeasurement} ${repairRun(tier).name}" ${repairFile(source, tier)}`),
  );
  return `#!/bin/sh
# ${GENERATED}
# Prepares InfluxDB 2 with its own command line (influx): buckets with their retention, tasks that sum points up. May be
# run again at any time. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN (of an operator), or configure influx.
# TIME_ZONE=Europe/Berlin: whose days and months count; UTC where it is not set.
# INFLUX_KEEP=raw=60d,1m=180d: for how long tiers are kept, of those that are not kept as long as the plan says; INF is for ever.
set -eu
here=$(dirname -- "$0")
zone=\${TIME_ZONE:-UTC}
keep=$(printf '%s' "\${INFLUX_KEEP:-}" | tr ',' ' ')

fail() {
  printf '%s\\n' "$*" >&2
  exit 1
}

command -v influx >/dev/null 2>&1 || fail 'This script needs the command line of InfluxDB 2 (influx): install it and run this again.'
case $zone in
  *[!A-Za-z0-9_+/-]*) fail "TIME_ZONE is $zone: give a name of the IANA data, for instance Europe/Berlin." ;;
esac
${CHECK_KEEP}influx bucket list --hide-headers >/dev/null ||
  fail 'InfluxDB 2 does not answer or refuses the token: check INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN.'

# words of a command: what it answers. Its last line says why it refuses.
ask() {
  answer=$(influx "$@" 2>&1) ||
    fail "InfluxDB 2 refuses \\"influx $1 $2\\" ($(printf '%s\\n' "$answer" | tail -n 1)): see to that, and run this again; what was made until then stays."
  printf '%s\\n' "$answer"
}

# list name: the ID of that name in a list, nothing where it has none.
id_of() {
  printf '%s\\n' "$1" | awk -F '\\t' -v name="$2" '{ gsub(/^ +| +$/, "", $2); if ($2 == name && !found++) print $1 }'
}

# name retention shard: creates the bucket, or sets the retention of the one that is there.
bucket() {
  retention=$2
  for pair in $keep; do
    [ "\${pair%%=*}" = "\${1#${DATABASE}_}" ] || continue
    retention=\${pair#*=}
    case $retention in
      INF) retention=0 ;;
      *) retention=$((\${retention%d} * 24))h ;;
    esac
  done
  found=$(ask bucket list --hide-headers)
  id=$(id_of "$found" "$1")
  if [ -z "$id" ]; then
    ask bucket create --name "$1" --retention "$retention" --shard-group-duration "$3" >/dev/null
  else
    ask bucket update --id "$id" --retention "$retention" --shard-group-duration "$3" >/dev/null
  fi
}

# name file: creates the task, or gives the one that is there the text of the file.
task() {
  text=$(sed "s|${ZONE_MARK}|$zone|" "$here/$2")
  # A list that does not come is no empty one: the task would be made twice.
  found=$(ask task list --hide-headers --limit 500)
  id=$(id_of "$found" "$1")
  if [ -z "$id" ]; then
    printf '%s\\n' "$text" | ask task create --file /dev/stdin >/dev/null
  else
    printf '%s\\n' "$text" | ask task update --id "$id" --file /dev/stdin >/dev/null
  fi
}

${buckets.join('\n')}
${[...tasks, ...repairs].join('\n')}
found=$(ask bucket list --hide-headers)
for name in ${TIERS.map(({ name }) => bucketOf(name)).join(' ')}; do
  [ -n "$(id_of "$found" "$name")" ] ||
    fail "InfluxDB 2 has no bucket $name although it took it: run this again."
done
echo "InfluxDB 2 is ready: buckets ${TIERS.map(({ name }) => bucketOf(name)).join(', ')}."
`;
}
