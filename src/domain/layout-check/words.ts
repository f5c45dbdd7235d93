import { CATALOG } from '../../metrics/catalog';
import { numberAt, type Numbers, type Relation, type RelationState } from './relation';

const UNITS: ReadonlyMap<string, string> = new Map(CATALOG.map(({ name, unit }) => [name, unit]));

/** A number for people: five digits, with its unit. No separators: a person copies a scale from here into a layout file. */
export function formatNumber(value: number, unit = ''): string {
  const text = (Math.abs(value) >= 1e5 ? Math.round(value) : Number(value.toPrecision(5))).toString();
  return unit === '' ? text : `${text} ${unit}`;
}

/** A time for people: seconds while they are few, else minutes. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Number((milliseconds / 60_000).toPrecision(3))} min`;
}

export function formatMetric(name: string, value: number): string {
  return `${name} ${formatNumber(value, UNITS.get(name) ?? '')}`;
}

function formatShare(share: number): string {
  if (share < 1e-4) return 'less than 0.01 %';
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** What a relation said, with the numbers of the last moment. */
export function describeRelation(
  relation: Relation,
  { state, count, deviation }: RelationState,
  moments: readonly Readonly<Numbers>[],
): string {
  const [left = ''] = relation.metrics;
  const last = moments.findLast((values) => relation.metrics.every((name) => values[name] !== undefined)) ?? {};
  const expected = relation.expected(last);
  const number =
    expected === undefined || relation.isPlain === true ? '' : ` (${formatNumber(expected, UNITS.get(left) ?? '')})`;
  const verb = state === 'broken' ? 'is not' : state === 'holds' ? 'is' : 'is not clearly';
  const share = `${formatShare(deviation)}${relation.sizeName === undefined ? '' : ` of ${relation.sizeName}`}`;
  const isPlain = relation.bound !== undefined || relation.isPlain === true;
  const off = isPlain ? '' : `; off by ${share} over ${count} readings`;
  return `${formatMetric(left, numberAt(last, left))} ${verb} ${relation.formula}${number}${off}.`;
}
