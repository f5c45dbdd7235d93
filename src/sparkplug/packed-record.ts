import { conditionOf, type Condition } from './condition';
import type { HistoryRecord } from './history-record';
import type { MetricSample } from './metrics';
import type { MetricValue } from './payload';

/** Which metrics a message had; messages of a device with the same ones, one after the other, share it. */
type Shape = readonly Pick<MetricSample, 'name' | 'type'>[];

/**
 * Values of one device in columns. Half a million samples as objects of their own are what the garbage collector has to
 * carry about, at a cost above that of publishing them; in columns they are a few arrays for each message.
 */
export interface PackedRecord {
  readonly deviceId: string;
  readonly shape: Shape;
  readonly values: readonly MetricValue[];
  /** Epoch milliseconds UTC; only one where all values have the same. */
  readonly timestamps: readonly number[];
  /** Only one where all values have the same. */
  readonly conditions: readonly Condition[];
}

const NO_DESCRIPTION = Object.freeze({});
const GOOD = conditionOf('good');

const timestampOf = ({ timestamp }: MetricSample): number => timestamp;
const conditionOfSample = ({ condition }: MetricSample): Condition => condition;

/** What all samples have in common alone, else what each has. */
function columnOf<Value>(samples: readonly MetricSample[], of: (sample: MetricSample) => Value): readonly Value[] {
  const [first] = samples;
  if (first === undefined) return [];
  const common = of(first);
  return samples.every((sample) => of(sample) === common) ? [common] : samples.map(of);
}

/** Packs records; remembers for that which metrics a device had last. */
export class RecordPacker {
  readonly #shapes = new Map<string, Shape>();

  pack({ deviceId, samples }: HistoryRecord): PackedRecord {
    return {
      deviceId,
      shape: this.#shapeOf(deviceId, samples),
      values: samples.map(({ value }) => value),
      timestamps: columnOf(samples, timestampOf),
      conditions: columnOf(samples, conditionOfSample),
    };
  }

  #shapeOf(deviceId: string, samples: readonly MetricSample[]): Shape {
    const known = this.#shapes.get(deviceId);
    const isSame = ({ name, type }: MetricSample, index: number): boolean =>
      known?.[index]?.name === name && known[index].type === type;
    if (known?.length === samples.length && samples.every(isSame)) return known;
    const shape = samples.map(({ name, type }) => ({ name, type }));
    this.#shapes.set(deviceId, shape);
    return shape;
  }

  /** Forgets the devices. */
  clear(): void {
    this.#shapes.clear();
  }
}

/** The record again, as the outbox takes it: without the descriptions of its metrics, which births have. */
export function unpackRecord({ deviceId, shape, values, timestamps, conditions }: PackedRecord): HistoryRecord {
  const [timestamp = 0] = timestamps;
  const [condition = GOOD] = conditions;
  return {
    deviceId,
    samples: shape.map(({ name, type }, index) => ({
      name,
      type,
      value: values[index] ?? null,
      timestamp: timestamps[index] ?? timestamp,
      description: NO_DESCRIPTION,
      condition: conditions[index] ?? condition,
    })),
  };
}
