import type { AssemblyGroup, MeterModel } from '../../meters/meter-model';
import { METRIC_KINDS, ENCODINGS, HALF_ORDERS, PROVENANCES, QUANTITIES, UNITS } from '../../metrics/measurement';
import type { Assembly, Deadband, Layout, Measurement, Metric } from '../../metrics/measurement';
import { Expect, type UnknownRecord } from '../../support/expect';
import { compileLayout, type CompiledLayout } from './layout';

const expect = new Expect('LAYOUT_INVALID', 'correct the layout file (its format is that of docs/layout-file.md).');

const METRIC_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const ELEMENT_TYPES = ['REAL', 'UINT', 'ULINT'] as const;
const STATISTICS = ['instant', 'maximum', 'demand', 'total'] as const;
const SPARKPLUG_TYPES = ['Float', 'Double', 'Boolean', 'String'] as const;
const INFLUX_TYPES = ['float', 'boolean', 'string'] as const;

function integer(path: string, value: unknown): number {
  const number = expect.finite(path, value);
  return Number.isInteger(number) && number >= 0 ? number : expect.fail(path, value, 'a whole number');
}

function optional<Key extends string, Result>(
  record: UnknownRecord,
  key: Key,
  parse: (value: unknown) => Result,
): Partial<Record<Key, Result>> {
  return record[key] === undefined ? {} : ({ [key]: parse(record[key]) } as Partial<Record<Key, Result>>);
}

function nonZero(path: string, value: unknown): number {
  const number = expect.finite(path, value);
  return number === 0 ? expect.fail(path, value, 'a number other than zero') : number;
}

function parseMeasurement(path: string, value: unknown): Measurement {
  const row = expect.record(path, value);
  return {
    metric: expect.text(`${path}.metric`, row['metric']),
    element: integer(`${path}.element`, row['element']),
    encoding: expect.choice(`${path}.encoding`, row['encoding'], ENCODINGS),
    ...optional(row, 'elements', (elements) => integer(`${path}.elements`, elements)),
    ...optional(row, 'scale', (scale) => nonZero(`${path}.scale`, scale)),
    ...optional(row, 'pairScale', (scale) => nonZero(`${path}.pairScale`, scale)),
    ...optional(row, 'order', (order) => expect.choice(`${path}.order`, order, HALF_ORDERS)),
    ...optional(row, 'bit', (bit) => integer(`${path}.bit`, bit)),
    ...optional(row, 'letters', (letters) => integer(`${path}.letters`, letters)),
    source: expect.text(`${path}.source`, row['source']),
    provenance: expect.choice(`${path}.provenance`, row['provenance'], PROVENANCES),
  };
}

/** Without one there is nothing to poll the assembly with. */
function parseGroup(path: string, value: unknown, groups: readonly AssemblyGroup[]): string {
  return expect.choice(
    path,
    value,
    groups.map(({ name }) => name),
  );
}

/** 1 where absent: only a number that is there can be wrong. */
function parseFirstElement(path: string, value: unknown): 0 | 1 {
  if (value === undefined) return 1;
  return value === 0 || value === 1 ? value : expect.fail(path, value, '0 or 1');
}

function parseAssembly(path: string, value: unknown, groups: readonly AssemblyGroup[]): Assembly {
  const assembly = expect.record(path, value);
  const rows = expect.array(`${path}.measurements`, assembly['measurements']);
  return {
    instance: integer(`${path}.instance`, assembly['instance']),
    title: expect.text(`${path}.title`, assembly['title']),
    group: parseGroup(`${path}.group`, assembly['group'], groups),
    elementType: expect.choice(`${path}.elementType`, assembly['elementType'], ELEMENT_TYPES),
    elementCount: integer(`${path}.elementCount`, assembly['elementCount']),
    firstElement: parseFirstElement(`${path}.firstElement`, assembly['firstElement']),
    sizeBytes: integer(`${path}.sizeBytes`, assembly['sizeBytes']),
    sizeSource: expect.text(`${path}.sizeSource`, assembly['sizeSource']),
    sizeProvenance: expect.choice(`${path}.sizeProvenance`, assembly['sizeProvenance'], PROVENANCES),
    measurements: rows.map((row, index) => parseMeasurement(`${path}.measurements[${index}]`, row)),
  };
}

function parseRange(path: string, value: unknown): { min: number; max: number } {
  const range = expect.record(path, value);
  return { min: expect.finite(`${path}.min`, range['min']), max: expect.finite(`${path}.max`, range['max']) };
}

function parseDeadband(path: string, value: unknown): Deadband {
  const deadband = expect.record(path, value);
  return {
    ...optional(deadband, 'absolute', (absolute) => expect.finite(`${path}.absolute`, absolute)),
    ...optional(deadband, 'percent', (percent) => expect.finite(`${path}.percent`, percent)),
  };
}

function parseMetric(path: string, value: unknown): Metric {
  const metric = expect.record(path, value);
  const name = expect.text(`${path}.name`, metric['name']);
  if (!METRIC_NAME.test(name)) expect.fail(`${path}.name`, name, 'lower snake case, for instance voltage_l1_n');
  return {
    name,
    label: expect.text(`${path}.label`, metric['label']),
    quantity: expect.choice(`${path}.quantity`, metric['quantity'], QUANTITIES),
    unit: expect.choice(`${path}.unit`, metric['unit'], UNITS),
    kind: expect.choice(`${path}.kind`, metric['kind'], METRIC_KINDS),
    statistic: expect.choice(`${path}.statistic`, metric['statistic'], STATISTICS),
    ...optional(metric, 'range', (range) => parseRange(`${path}.range`, range)),
    ...optional(metric, 'deadband', (deadband) => parseDeadband(`${path}.deadband`, deadband)),
    ...optional(metric, 'rollover', (rollover) => nonZero(`${path}.rollover`, rollover)),
    sparkplugType: expect.choice(`${path}.sparkplugType`, metric['sparkplugType'], SPARKPLUG_TYPES),
    influxType: expect.choice(`${path}.influxType`, metric['influxType'], INFLUX_TYPES),
  };
}

/**
 * Reads a site's own layout: JSON of the shape of `Layout`.
 * @throws Pm500Error LAYOUT_INVALID naming the path or the assembly, and the fix
 */
export function parseLayout(model: Pick<MeterModel, 'quirks' | 'groups'>, value: unknown): CompiledLayout {
  const layout = expect.record('layout', value);
  const assemblies = expect.array('layout.assemblies', layout['assemblies']);
  const metrics = layout['metrics'] === undefined ? [] : expect.array('layout.metrics', layout['metrics']);
  const parsed: Layout = {
    format: expect.choice('layout.format', layout['format'], ['pm500.layout/1']),
    name: expect.text('layout.name', layout['name']),
    assemblies: assemblies.map((assembly, index) =>
      parseAssembly(`layout.assemblies[${index}]`, assembly, model.groups),
    ),
    metrics: metrics.map((metric, index) => parseMetric(`layout.metrics[${index}]`, metric)),
  };
  return compileLayout(model, parsed);
}
