import { CATALOG } from '../../metrics/catalog';
import type { PlaceValue, Sentence } from '../../support/sentence';
import { numberAt, type Numbers, type Relation, type RelationState } from './relation';
import { metricPlace, RELATION_SENTENCES } from './sentences';

const { say } = RELATION_SENTENCES;

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

/** A value with the unit of its metric. */
export const formatValue = (name: string, value: number): string => formatNumber(value, UNITS.get(name) ?? '');

/** A metric with a value, for sentences. */
export const metricValue = (name: string, value: number): Readonly<Record<'metric' | 'value', PlaceValue>> => ({
  metric: metricPlace(name),
  value: formatValue(name, value),
});

const formatShare = (share: number): PlaceValue =>
  share < 1e-4 ? say('tiny') : `${Number((100 * share).toPrecision(2))} %`;

/** What a relation said, with the numbers of the last moment. */
export function describeRelation(
  relation: Relation,
  { state, count, deviation }: RelationState,
  moments: readonly Readonly<Numbers>[],
): Sentence {
  const [left = ''] = relation.metrics;
  const last = moments.findLast((values) => relation.metrics.every((name) => values[name] !== undefined)) ?? {};
  const expected = relation.expected(last);
  const { formula, sizeName } = relation;
  const isPlain = relation.bound !== undefined || relation.isPlain === true;
  const share = formatShare(deviation);
  return say(state, {
    ...metricValue(left, numberAt(last, left)),
    formula:
      expected === undefined || relation.isPlain === true
        ? formula
        : say('withNumber', { formula, number: formatValue(left, expected) }),
    off: isPlain
      ? ''
      : sizeName === undefined
        ? say('off', { share, count })
        : say('offOf', { share, size: sizeName, count }),
  });
}
