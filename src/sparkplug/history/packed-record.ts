import { conditionOf, LONGEST_SHARED_KEY, type MetricCondition } from '../metrics/metric-condition';
import type { HistoryRecord } from './history-record';
import type { MetricSample } from '../metrics/metrics';
import type { MetricValue } from '../codec/payload';

type Column = Pick<MetricSample, 'name' | 'type'>;
/** Which metrics a message had; messages of a device with the same ones, one after the other, share it. */
type RecordShape = readonly Column[];

/** What the packer knows of a device. */
interface Known {
  shape: RecordShape;
  conditions: readonly MetricCondition[];
  /** Each metric once, for messages that have others than the one before. */
  readonly columns: Map<string, Column>;
}

/**
 * Values of one device in columns. Half a million samples as objects of their own are what the garbage collector has to
 * carry about, at a cost above that of publishing them; in columns they are a few arrays for each message.
 */
export interface PackedRecord {
  readonly deviceId: string;
  readonly shape: RecordShape;
  readonly values: readonly MetricValue[];
  /** Epoch milliseconds UTC; only one where all values have the same. */
  readonly timestamps: readonly number[];
  /** Only one where all values have the same. */
  readonly conditions: readonly MetricCondition[];
}

const NO_DESCRIPTION = Object.freeze({});
const GOOD = conditionOf('good');

const timestampOf = ({ timestamp }: MetricSample): number => timestamp;
const conditionOfSample = ({ condition }: MetricSample): MetricCondition => condition;

/** What one look at the samples of a message finds. */
interface Columns {
  readonly values: readonly MetricValue[];
  /** Each is true where all samples have the same. */
  readonly hasShape: boolean;
  readonly hasOneTime: boolean;
  readonly hasOneCondition: boolean;
}

/** In one pass without a call per value: every message that is published comes through here. */
function look(samples: readonly MetricSample[], shape: RecordShape): Columns {
  const [first] = samples;
  const values = new Array<MetricValue>(samples.length);
  let hasShape = shape.length === samples.length;
  let hasOneTime = true;
  let hasOneCondition = true;
  let at = 0;
  for (const sample of samples) {
    values[at] = sample.value;
    const column = shape[at];
    if (column?.name !== sample.name || column.type !== sample.type) hasShape = false;
    if (sample.timestamp !== first?.timestamp) hasOneTime = false;
    if (sample.condition !== first?.condition) hasOneCondition = false;
    at += 1;
  }
  return { values, hasShape, hasOneTime, hasOneCondition };
}

/** What a message and a value of it take in memory, measured with Node.js 20. */
const RECORD_BYTES = 400;
const VALUE_BYTES = 32;
const CHARACTER_BYTES = 2;

/** About how much memory a record takes. */
export function bytesOf({ values, conditions }: PackedRecord): number {
  let bytes = RECORD_BYTES + values.length * VALUE_BYTES;
  for (const value of values) {
    if (typeof value === 'string') bytes += value.length * CHARACTER_BYTES;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  for (const { key } of conditions) if (key.length > LONGEST_SHARED_KEY) bytes += key.length * CHARACTER_BYTES;
  return bytes;
}

function columnFor({ columns }: Known, { name, type }: MetricSample): Column {
  let column = columns.get(name);
  if (column?.type !== type) {
    column = { name, type };
    columns.set(name, column);
  }
  return column;
}

/** Packs records; remembers for that which metrics a device had last. */
export class RecordPacker {
  private readonly devices = new Map<string, Known>();

  pack({ deviceId, samples }: HistoryRecord): PackedRecord {
    const known = this.knownOf(deviceId);
    const { values, hasShape, hasOneTime, hasOneCondition } = look(samples, known.shape);
    if (!hasShape) known.shape = samples.map((sample) => columnFor(known, sample));
    const common = hasOneCondition ? samples[0]?.condition : undefined;
    // The column of the message before is used again where it is the same: one object less for each message.
    if (common === undefined) known.conditions = samples.map(conditionOfSample);
    else if (known.conditions.length !== 1 || known.conditions[0] !== common) known.conditions = [common];
    const timestamps = hasOneTime ? samples.slice(0, 1).map(timestampOf) : samples.map(timestampOf);
    return { deviceId, shape: known.shape, values, timestamps, conditions: known.conditions };
  }

  private knownOf(deviceId: string): Known {
    let known = this.devices.get(deviceId);
    if (known === undefined) {
      known = { shape: [], conditions: [], columns: new Map() };
      this.devices.set(deviceId, known);
    }
    return known;
  }

  /** Forgets the devices. */
  clear(): void {
    this.devices.clear();
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
