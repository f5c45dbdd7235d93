import { aggregatesOf, DATABASE, GENERATED, SOURCES, TIERS, type Aggregate, type Source, type Tier } from './plan';

/** Flux tasks and the set-up script for InfluxDB 2. */

const bucketOf = (tier: Tier): string => `${DATABASE}_${tier.name}`;
const RAW_BUCKET = bucketOf({ name: 'raw', keepDays: 0 });

/** Fields by what is done with them. */
function fieldsBy({ metrics }: Source): ReadonlyMap<Aggregate, readonly string[]> {
  const groups = new Map<Aggregate, string[]>();
  for (const metric of metrics) {
    for (const aggregate of aggregatesOf(metric))
      groups.set(aggregate, [...(groups.get(aggregate) ?? []), metric.name]);
  }
  return groups;
}

/** A task that sums one measurement up over one tier. Windows are whole, so one that is run again is never cut short. */
export function fluxTask(source: Source, tier: Required<Tier>): string {
  const name = source.influxMeasurement;
  const steps = [...fieldsBy(source)].map(
    ([aggregate, fields]) => `summary(fields: /^(${fields.join('|')})$/, fn: ${aggregate}, suffix: "_${aggregate}")`,
  );
  return `// ${GENERATED}
import "date"

option task = {name: "${name} ${tier.name}", every: ${tier.every}, offset: 20s}

from_time = date.truncate(t: -${tier.again}, unit: ${tier.every})
to_time = date.truncate(t: now(), unit: ${tier.every})

summary = (fields, fn, suffix) =>
    from(bucket: "${RAW_BUCKET}")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "${name}" and r._field =~ fields)
        |> aggregateWindow(every: ${tier.every}, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "${bucketOf(tier)}")

${steps.join('\n')}
`;
}

export const taskFile = (source: Source, tier: Tier): string => `v2/${source.influxMeasurement}-${tier.name}.flux`;

export function bootstrapV2(): string {
  const buckets = TIERS.map(
    (tier) => `bucket ${bucketOf(tier)} ${tier.keepDays === 0 ? '0' : `${tier.keepDays * 24}h`}`,
  );
  const tasks = TIERS.filter(({ every }) => every !== undefined).flatMap((tier) =>
    SOURCES.map((source) => `task "${source.influxMeasurement} ${tier.name}" ${taskFile(source, tier)}`),
  );
  return `#!/bin/sh
# ${GENERATED}
# Prepares InfluxDB 2 with its own command line (influx): buckets with their retention, tasks that sum points up. May be
# run again at any time. Set INFLUX_HOST, INFLUX_ORG and INFLUX_TOKEN (of an operator), or configure influx.
set -eu
here=$(dirname "$0")

# name retention: creates the bucket, or sets the retention of the one that is there.
bucket() {
  id=$(influx bucket list --hide-headers --name "$1" 2>/dev/null | cut -f1 || true)
  if [ -z "$id" ]; then influx bucket create --name "$1" --retention "$2" >/dev/null
  else influx bucket update --id "$id" --retention "$2" >/dev/null; fi
}

# name file: creates the task, or gives the one that is there the text of the file.
task() {
  id=$(influx task list --hide-headers --limit 500 | awk -F '\\t' -v name="$1" '{ gsub(/^ +| +$/, "", $2); if ($2 == name) print $1 }' | head -n 1)
  if [ -z "$id" ]; then influx task create --file "$here/$2" >/dev/null
  else influx task update --id "$id" --file "$here/$2" >/dev/null; fi
}

${buckets.join('\n')}
${tasks.join('\n')}
echo "InfluxDB 2 is ready: buckets ${TIERS.map(bucketOf).join(', ')}."
`;
}
