import type { Encoding, Measurement, Metric } from '../../metrics/measurement';

/** The InfluxDB type of what an encoding decodes to: a value of another type must not stand under a metric's name. */
const DECODES_TO: Readonly<Record<Encoding, Metric['influxType']>> = {
  REAL: 'float',
  REAL_PAIR: 'float',
  ULINT: 'float',
  HOURS_MINUTES: 'float',
  UINT: 'float',
  BIT: 'boolean',
  REVISION: 'string',
  LETTERS: 'string',
};
/** Encodings of numbers that have a high and a low half. */
const HALVED: readonly Encoding[] = ['REAL_PAIR', 'ULINT', 'HOURS_MINUTES'];
/** An element of bits is a UINT. */
const HIGHEST_BIT = 15;
const LETTERS_PER_ELEMENT = 2;

function elementsFault({ encoding, elements }: Measurement): string | undefined {
  if (elements === undefined) return undefined;
  if (encoding === 'LETTERS') return elements >= 1 ? undefined : 'LETTERS take at least 1 element';
  const wanted = encoding === 'REAL_PAIR' ? 2 : 1;
  return elements === wanted ? undefined : `${encoding} takes ${wanted} and not ${elements} elements`;
}

/** Why a row would give a wrong value, as the end of a sentence; undefined when its members fit each other. */
export function findRowFault(row: Measurement, metric: Metric): string | undefined {
  const { encoding, elements = 1, bit, letters, pairScale, order } = row;
  if (DECODES_TO[encoding] !== metric.influxType) {
    return `encoding ${encoding} gives a ${DECODES_TO[encoding]}, but the metric is a ${metric.influxType}; correct one of them`;
  }
  const fault = elementsFault(row);
  if (fault !== undefined) return `${fault}; correct "elements" or leave it out`;
  if (encoding === 'BIT' && (bit === undefined || bit > HIGHEST_BIT)) {
    return `BIT needs a "bit" from 0 to ${HIGHEST_BIT}; add it`;
  }
  if (encoding === 'REAL_PAIR' && pairScale === undefined) {
    return 'REAL_PAIR needs a "pairScale", what one step of the high element is worth; add it';
  }
  if (order !== undefined && !HALVED.includes(encoding)) {
    return `${encoding} has no halves, so it takes no "order"; leave it out`;
  }
  if (letters !== undefined && letters > LETTERS_PER_ELEMENT * elements) {
    return `${letters} letters do not fit ${elements} elements of ${LETTERS_PER_ELEMENT}; correct "letters" or "elements"`;
  }
  return undefined;
}
