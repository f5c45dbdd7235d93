import { conditionOf, LONGEST_SHARED_KEY, type MetricCondition } from '../metrics/metric-condition';
import type { HistoryRecord } from './history-record';
import type { MetricSample } from '../metrics/metrics';
import type { MetricValue } from '../codec/payload';

type Column = Pick<MetricSample, 'name' | 'type'>;
/** Which metrics a message had; messages of a device with the same ones share it. */
type RecordShape = readonly Column[];

/** Messages of a device that have the same metrics. */
interface MetricGroup {
  readonly shape: RecordShape;
  conditions: readonly MetricCondition[];
}

/** What the packer knows of a device. */
interface Known {
  /** The last one first: a meter is read in groups, which come in turn. */
  readonly groups: MetricGroup[];
  /** Each metric once, for messages that have others than the ones before. */
  readonly columns: Map<string, Column>;
}

const MOST_GROUPS = 8;
const NO_GROUP: MetricGroup = { shape: [], conditions: [] };

/**
 * Values of one device as numbers in a block that many messages share. Half a million samples as objects of their own, or as
 * an array for each message, are what the garbage collector has to carry about, at a cost above that of publishing them.
 */
export interface PackedRecord {
  readonly deviceId: string;
  readonly shape: RecordShape;
  readonly block: NumberBlock;
  /** Where in the block it begins: the first time, epoch milliseconds UTC, then the values, then (see below) all times. */
  readonly at: number;
  /** All values have the first time, and no other stands there. */
  readonly hasOneTime: boolean;
  /** What is no number; undefined where everything is. */
  readonly others: readonly Other[] | undefined;
  /** Only one where all values have the same. */
  readonly conditions: readonly MetricCondition[];
}

interface NumberBlock {
  readonly numbers: Float64Array;
  /** How many records lie in it. */
  records: number;
}

/** A value that is no number, by its place in the message. */
interface Other {
  readonly index: number;
  readonly value: MetricValue;
}

const NO_DESCRIPTION = Object.freeze({});
const GOOD = conditionOf('good');

/** Numbers of a block, 32 kB: some hundred messages. */
const BLOCK_NUMBERS = 4096;
/** Blocks that are kept to be used again: new ones cost more than what is written into them. */
const MOST_SPARE = 16;

function emptyBlock(numbers: number): NumberBlock {
  return { numbers: new Float64Array(numbers), records: 0 };
}

/** What a message, a value of it, and one that is no number take in memory, measured with Node.js 20. */
const RECORD_BYTES = 220;
const VALUE_BYTES = 8;
const OTHER_BYTES = 72;
const CHARACTER_BYTES = 2;

/** About how much memory a record takes. */
export function bytesOf({ shape, hasOneTime, others = [], conditions }: PackedRecord): number {
  let bytes = RECORD_BYTES + shape.length * (hasOneTime ? VALUE_BYTES : 2 * VALUE_BYTES);
  for (const { value } of others) {
    bytes += OTHER_BYTES;
    if (typeof value === 'string') bytes += value.length * CHARACTER_BYTES;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  if (conditions.length > 1) bytes += conditions.length * VALUE_BYTES;
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

/** The group of a message, which is the last one from now on. */
function groupOf(known: Known, samples: readonly MetricSample[]): MetricGroup {
  const { groups } = known;
  const place = groups.findIndex(
    ({ shape }) =>
      shape.length === samples.length &&
      shape.every(({ name, type }, index) => name === samples[index]?.name && type === samples[index].type),
  );
  const [group = { shape: samples.map((sample) => columnFor(known, sample)), conditions: [] }] =
    place === -1 ? [] : groups.splice(place, 1);
  groups.unshift(group);
  if (groups.length > MOST_GROUPS) groups.pop();
  return group;
}

/** Those of the message before where they are the same: an object less for each message. */
function conditionsOf(group: MetricGroup, samples: readonly MetricSample[]): readonly MetricCondition[] {
  const { conditions } = group;
  const [only] = conditions;
  if (conditions.length === 1 && samples.every(({ condition }) => condition === only)) return conditions;
  if (
    conditions.length === samples.length &&
    samples.every(({ condition }, index) => condition === conditions[index])
  ) {
    return conditions;
  }
  const all = samples.map(({ condition }) => condition);
  group.conditions = all.every((condition) => condition === all[0]) ? all.slice(0, 1) : all;
  return group.conditions;
}

/** Packs records; remembers for that which metrics a device had last. */
export class RecordPacker {
  private readonly devices = new Map<string, Known>();
  private block = emptyBlock(0);
  private used = 0;
  private readonly spare: NumberBlock[] = [];

  /** In one pass without a call for each value: every message that is published comes through here. */
  pack({ deviceId, samples }: HistoryRecord): PackedRecord {
    const known = this.knownOf(deviceId);
    const [first] = samples;
    this.reserve(1 + 2 * samples.length);
    const { block, used: at } = this;
    const { numbers } = block;
    let group = known.groups[0] ?? NO_GROUP;
    const { shape } = group;
    let isOfGroup = shape.length === samples.length;
    let hasOneTime = true;
    let others: Other[] | undefined;
    let index = 0;
    for (const sample of samples) {
      const { value } = sample;
      if (typeof value === 'number') numbers[at + 1 + index] = value;
      else (others ??= []).push({ index, value });
      if (sample.timestamp !== first?.timestamp) hasOneTime = false;
      const column = shape[index];
      if (column?.name !== sample.name || column.type !== sample.type) isOfGroup = false;
      index++;
    }
    numbers[at] = first?.timestamp ?? 0;
    if (!hasOneTime) for (const { timestamp } of samples) numbers[at + 1 + index++] = timestamp;
    this.used = at + 1 + index;
    block.records++;
    if (!isOfGroup) group = groupOf(known, samples);
    const conditions = conditionsOf(group, samples);
    return { deviceId, shape: group.shape, block, at, hasOneTime, others, conditions };
  }

  /** A record is needed no more: its place may be written over. */
  release({ block }: PackedRecord): void {
    block.records--;
    if (block.records > 0 || block === this.block || block.numbers.length !== BLOCK_NUMBERS) return;
    if (this.spare.length < MOST_SPARE) this.spare.push(block);
  }

  /** Begins another block where the present one has no room for so many numbers. */
  private reserve(count: number): void {
    if (this.block.numbers.length - this.used >= count) return;
    const spare = count <= BLOCK_NUMBERS ? this.spare.pop() : undefined;
    this.block = spare ?? emptyBlock(Math.max(BLOCK_NUMBERS, count));
    this.used = 0;
  }

  private knownOf(deviceId: string): Known {
    let known = this.devices.get(deviceId);
    if (known === undefined) {
      known = { groups: [], columns: new Map() };
      this.devices.set(deviceId, known);
    }
    return known;
  }

  /** Forgets everything; no record is released after it. */
  clear(): void {
    this.devices.clear();
    this.block = emptyBlock(0);
    this.spare.length = 0;
    this.used = 0;
  }
}

/** The record again, as the outbox takes it: without the descriptions of its metrics, which births have. */
export function unpackRecord({
  deviceId,
  shape,
  block: { numbers },
  at,
  hasOneTime,
  others = [],
  conditions,
}: PackedRecord): HistoryRecord {
  const [condition = GOOD] = conditions;
  const values = at + 1;
  const times = values + shape.length;
  const samples = shape.map(({ name, type }, index): { value: MetricValue } & MetricSample => ({
    name,
    type,
    value: numbers[values + index] ?? null,
    timestamp: numbers[hasOneTime ? at : times + index] ?? 0,
    description: NO_DESCRIPTION,
    condition: conditions[index] ?? condition,
  }));
  for (const { index, value } of others) {
    const sample = samples[index];
    if (sample !== undefined) sample.value = value;
  }
  return { deviceId, samples };
}
