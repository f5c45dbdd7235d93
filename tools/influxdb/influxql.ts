import { aggregatesOf, DATABASE, GENERATED, SOURCES, SUMMARIES, TIERS, type Source, type Tier } from './plan';

/** InfluxQL for InfluxDB 1: one statement a line, each of them harmless when it is run again. */

const duration = ({ keepDays }: Tier): string => (keepDays === 0 ? 'INF' : `${keepDays}d`);

function policy(tier: Tier): string[] {
  const shape = `POLICY "${tier.name}" ON "${DATABASE}" DURATION ${duration(tier)} REPLICATION 1`;
  const isDefault = tier.every === undefined ? ' DEFAULT' : '';
  // Creating one that is there with another duration is refused, altering one that is not there too: so both.
  return [`CREATE RETENTION ${shape}${isDefault}`, `ALTER RETENTION ${shape}${isDefault}`];
}

function selection({ metrics }: Source): string {
  return metrics
    .flatMap((metric) =>
      aggregatesOf(metric).map((aggregate) => `${aggregate}("${metric.name}") AS "${metric.name}_${aggregate}"`),
    )
    .join(', ');
}

/** The summary of one measurement over one tier; also what is run by hand for a time that no query looks at again. */
export function summaryQuery(source: Source, tier: Tier & { readonly every: string }, condition = ''): string {
  const name = source.influxMeasurement;
  return `SELECT ${selection(source)} INTO "${DATABASE}"."${tier.name}"."${name}" FROM "${DATABASE}"."raw"."${name}"${condition} GROUP BY time(${tier.every}), *`;
}

function continuousQueries(): string[] {
  return SUMMARIES.flatMap((tier) =>
    SOURCES.flatMap((source) => {
      const name = `${source.influxMeasurement}_${tier.name}`;
      const resample = `RESAMPLE EVERY ${tier.every} FOR ${tier.again}`;
      return [
        // One that is there with another text is not replaced.
        `DROP CONTINUOUS QUERY "${name}" ON "${DATABASE}"`,
        `CREATE CONTINUOUS QUERY "${name}" ON "${DATABASE}" ${resample} BEGIN ${summaryQuery(source, tier)} END`,
      ];
    }),
  );
}

export function influxQl(): string {
  const statements = [`CREATE DATABASE "${DATABASE}"`, ...TIERS.flatMap(policy), ...continuousQueries()];
  return [`-- ${GENERATED}`, ...statements, ''].join('\n');
}

/** The script that runs them; a curl and a shell are enough. */
export function bootstrapV1(): string {
  return `#!/bin/sh
# ${GENERATED}
# Prepares InfluxDB 1: database, retention policies, continuous queries. May be run again at any time.
#   INFLUX_URL=http://127.0.0.1:8086 INFLUX_USER=admin INFLUX_PASSWORD=... sh bootstrap-v1.sh
set -eu
url="\${INFLUX_URL:-http://127.0.0.1:8086}"
here=$(dirname "$0")
grep -v '^--' "$here/v1.influxql" | while IFS= read -r statement; do
  [ -n "$statement" ] || continue
  # The password goes through a file descriptor: arguments can be seen by everybody on the machine.
  answer=$(printf 'user = "%s:%s"\\n' "\${INFLUX_USER:-}" "\${INFLUX_PASSWORD:-}" |
    curl --silent --show-error --config - --data-urlencode "q=$statement" "$url/query")
  case "$answer" in
    *'"error"'*)
      # Said where the statement is repeated or undoes what was never there; the next one sets it right.
      case "$statement$answer" in
        'CREATE RETENTION'*'already exists'*) ;;
        'DROP CONTINUOUS'*'not found'*) ;;
        *) echo "InfluxDB refuses: $statement" >&2; echo "$answer" >&2; exit 1 ;;
      esac ;;
    *'"results"'*) ;;
    *) echo "$url does not answer as InfluxDB 1 does: $answer" >&2; exit 1 ;;
  esac
done
echo "InfluxDB 1 at $url is ready: database ${DATABASE}, retention policies ${TIERS.map(({ name }) => name).join(', ')}."
`;
}
