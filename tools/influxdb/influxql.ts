import { identifier, windowQuery } from '../../src/influx/tiers/influxql';
import { DATABASE, RAW, TIERS, WINDOW_TIERS, type Tier, type WindowTier } from '../../src/influx/tiers/plan';
import { valueSourcesOf, type Source } from '../../src/influx/tiers/sources';
import { GENERATED, MEASUREMENT, SOURCES } from './plan';

/** InfluxQL for InfluxDB 1: one statement a line, each of them harmless when it is run again. */

/** Stands in a line that is repeated for every tariff period of the site. */
const TARIFF_MARK = '@tariff@';

const database = identifier(DATABASE);

function policy(tier: Tier): string[] {
  const { name, keepDays, shardDays } = tier;
  const duration = keepDays === 0 ? 'INF' : `${keepDays}d`;
  const shape = `POLICY ${identifier(name)} ON ${database} DURATION ${duration} REPLICATION 1 SHARD DURATION ${shardDays}d`;
  const isDefault = tier === RAW ? ' DEFAULT' : '';
  // Creating one that is there with another duration is refused, altering one that is not there too: so both.
  return [`CREATE RETENTION ${shape}${isDefault}`, `ALTER RETENTION ${shape}${isDefault}`];
}

function drop(name: string): string {
  return `DROP CONTINUOUS QUERY ${identifier(name)} ON ${database}`;
}

function continuousQuery(name: string, source: Source, tier: WindowTier): string[] {
  const resample = `RESAMPLE EVERY ${tier.every} FOR ${tier.again}`;
  return [
    // One that is there with another text is not replaced.
    drop(name),
    `CREATE CONTINUOUS QUERY ${identifier(name)} ON ${database} ${resample} BEGIN ${windowQuery(DATABASE, source, tier)} END`,
  ];
}

/** The energies of one tariff period alone. */
function tariffSource(): Source {
  const [, kpis] = valueSourcesOf(MEASUREMENT, [TARIFF_MARK]);
  return { ...kpis, fields: kpis.fields.filter(({ field }) => field.includes(TARIFF_MARK)) };
}

/** By tier, so that the database, which runs them one after the other in this order, has minutes before quarters. */
function continuousQueries(): string[] {
  const tariff = tariffSource();
  return WINDOW_TIERS.flatMap((tier) => [
    ...SOURCES.flatMap((source) => continuousQuery(`${source.influxMeasurement}_${tier.name}`, source, tier)),
    ...continuousQuery(`${tariff.influxMeasurement}_tariff_${TARIFF_MARK}_${tier.name}`, tariff, tier),
  ]);
}

/** Those that made days of UTC; what they made stays. */
const FORMER_QUERIES = valueSourcesOf(MEASUREMENT).map(({ influxMeasurement }) => drop(`${influxMeasurement}_1d`));

export function influxQl(): string {
  const statements = [
    `CREATE DATABASE ${database}`,
    ...TIERS.flatMap(policy),
    ...FORMER_QUERIES,
    ...continuousQueries(),
  ];
  return [`-- ${GENERATED}`, ...statements, ''].join('\n');
}
