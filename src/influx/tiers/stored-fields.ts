import { tariffEnergyBase } from '../../metrics/derived-metrics';
import { aggregateIn, type Aggregate } from './aggregates';
import { identifier } from './influxql';
import type { InfluxQlServer } from './influxql-server';
import type { Source, SourceField } from './sources';

type StoredType = 'float' | 'integer' | 'boolean' | 'string';

/** What can be done with the values of a type, for fields that only this site has. */
const BY_TYPE: Readonly<Record<StoredType, readonly Aggregate[]>> = {
  float: ['min', 'max', 'last', 'sum', 'count'],
  integer: ['min', 'max', 'last', 'sum', 'count'],
  boolean: ['min', 'max', 'last'],
  string: ['last'],
};
const TARIFF_ENERGY = tariffEnergyBase('');

const isStoredType = (type: unknown): type is StoredType => typeof type === 'string' && Object.hasOwn(BY_TYPE, type);
const isNumber = (type: StoredType): boolean => type === 'float' || type === 'integer';

/** The fields that a measurement really has under a retention policy, with their types. */
async function storedTypes(
  server: InfluxQlServer,
  database: string,
  policy: string,
  influxMeasurement: string,
): Promise<ReadonlyMap<string, StoredType>> {
  const from = `${identifier(policy)}.${identifier(influxMeasurement)}`;
  const found = await server.query(`SHOW FIELD KEYS ON ${identifier(database)} FROM ${from}`);
  return new Map(
    found.flatMap(({ values }) =>
      values.flatMap(([name, type]) => (typeof name === 'string' && isStoredType(type) ? [[name, type] as const] : [])),
    ),
  );
}

function rawField(field: string, type: StoredType, known: SourceField | undefined): SourceField {
  const isKnown = known !== undefined && (known.type === 'float' ? isNumber(type) : known.type === type);
  const aggregates = isKnown ? known.aggregates : field.startsWith(TARIFF_ENERGY) ? ['last' as const] : BY_TYPE[type];
  return { field, type: type === 'integer' ? 'float' : type, aggregates };
}

/** A field of a tier; none for what an earlier version kept there and nobody makes any more. */
function tierFields(name: string, type: StoredType): readonly SourceField[] {
  const aggregate = aggregateIn(name);
  if (aggregate === undefined || !BY_TYPE[type].includes(aggregate)) return [];
  const field = name.slice(0, -`_${aggregate}`.length);
  return [{ field, type: type === 'integer' ? 'float' : type, aggregates: [aggregate] }];
}

/**
 * A source with the fields that are really there: also those that only this site has, such as energies of its tariff
 * periods and values of a layout of its own.
 * @param from name of the tier that is read
 */
export async function storedSource(
  server: InfluxQlServer,
  database: string,
  { influxMeasurement, fields }: Source,
  from: string,
): Promise<Source> {
  const types = await storedTypes(server, database, from, influxMeasurement);
  const known = new Map(fields.map((field) => [field.field, field]));
  const found = [...types].flatMap(([name, type]) =>
    from === 'raw' ? [rawField(name, type, known.get(name))] : tierFields(name, type),
  );
  return { influxMeasurement, fields: found };
}
