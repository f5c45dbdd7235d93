import { frozenMetric, type Metric } from '../../metrics/measurement';
import {
  described,
  constant,
  list,
  NUMBER,
  object,
  optional,
  pattern,
  record,
  refined,
  TEXT,
  type Shape,
  type TypeOf,
} from '../../support/shape';
import { once } from '../../support/quick-shape';
import { contract } from './contract';
import {
  FAILURE,
  LAYOUT,
  METER,
  METRIC_NAME,
  MOST_METRICS,
  PROVENANCE,
  READ_AT,
  REASON,
  UNIT,
  VALUE,
  type Value,
} from './parts';

export const READING_SCHEMA = 'pm500.reading/1';

/** In a metric's unit; null where there was none. */
export type { Value };

/** Where a meter stands: the tags that the editor and meter lists ask for. A reading may carry others. */
export const METER_TAGS = ['site', 'area', 'line', 'asset'] as const;

/** Which meter a message is about. */
export type MeterReference = TypeOf<typeof METER>;
export type LayoutReference = TypeOf<typeof LAYOUT>;

/**
 * The same once more, for a message: a message belongs to the flow that gets it, which may change all that it can reach.
 * @param layout where the places of the values come from
 */
export function meterForMessage(meter: MeterReference, layout = meter.layout): MeterReference {
  const tags = { ...meter.tags };
  return layout === undefined ? { ...meter, tags } : { ...meter, tags, layout: { ...layout } };
}

/** What stands for the name of a layout where a meter is read over Modbus, whose registers were read in the manual. */
export const REGISTER_TABLE = 'Modbus registers';

/** A meter has nine assemblies, and its registers are some dozens of spans. */
const MOST_BLOCKS = 100;
/** As many as the bytes of a block have bits. */
const MOST_VALUES = 4096;

const BLOCK = refined(
  object({
    assembly: optional(NUMBER, 'EtherNet/IP: assembly instance'),
    register: optional(NUMBER, 'Modbus: printed number of the first register, 3xxxxx'),
    group: TEXT,
    timestamp: described(READ_AT, 'when the reply arrived, or the attempt failed, epoch milliseconds UTC'),
    uptimeMs: optional(
      NUMBER,
      'the same moment, milliseconds since the host that read it was booted, which setting its wall clock does not move; absent where the read failed',
    ),
    latencyMs: described(
      NUMBER,
      'request to reply, milliseconds; of data that the meter sends by itself its age when it was read',
    ),
    values: described(
      record(VALUE, undefined, { most: MOST_VALUES, what: 'values' }),
      "canonical metric name to value in the metric's unit; empty when the read failed",
    ),
    provenance: described(
      once(record(PROVENANCE, METRIC_NAME, { most: MOST_VALUES, what: 'metrics' })),
      'how well the place of each metric is known; also lists the metrics of a failed block',
    ),
    raw: optional(
      // Up to 512 bytes: no assembly is as long.
      pattern(/^([0-9a-f]{2}){1,512}$/, 'bytes as hexadecimal digits'),
      'the bytes as they came, where the layout assumes what they mean',
    ),
    problems: optional(
      record(REASON, undefined, { most: MOST_VALUES, what: 'values' }),
      'for values that are not plain numbers: why',
    ),
    error: optional(FAILURE, 'where the read failed'),
  }),
  {
    schema: { oneOf: [{ required: ['assembly'] }, { required: ['register'] }] },
    fits: ({ assembly, register }) => (assembly === undefined) !== (register === undefined),
    explain: (expect, path, { assembly, register }) => {
      if (register === undefined) expect.finite(`${path}.assembly`, assembly);
      else if (assembly !== undefined) expect.fail(`${path}.assembly`, assembly, 'nothing beside a register');
    },
  },
);

/** What one assembly or one span of registers said, or why it said nothing. It has either `assembly` or `register`. */
export type ReadingBlock = TypeOf<typeof BLOCK>;

/** What is not checked of a definition, whoever uses it has a default for. */
const DEFINITION = object({
  name: TEXT,
  unit: UNIT,
  range: optional(object({ min: NUMBER, max: NUMBER })),
}) as Shape<Metric>;

/**
 * The message contract of `pm500-poll`: one meter, one cycle, one block per assembly or span of registers that was due.
 * Values carry canonical names and units of the catalog; what they are worth is for `normalize` to say.
 */
export const READING = contract(
  READING_SCHEMA,
  { title: 'Reading of one meter, message of pm500-poll', advice: 'send the message of a pm500-poll node.' },
  object({
    schema: constant(READING_SCHEMA),
    meter: METER,
    layout: LAYOUT,
    timestamp: described(
      READ_AT,
      'epoch milliseconds UTC, the time of the read: that of the oldest block, or of the attempt when none arrived',
    ),
    bootId: optional(
      TEXT,
      'which boot of which host the uptime of the blocks belongs to; absent in readings that something else makes: then only the wall clock says what elapsed',
    ),
    blocks: list(BLOCK, MOST_BLOCKS),
    definitions: optional(list(DEFINITION, MOST_METRICS), "metrics that only a site's own layout defines"),
  }),
);

export type Reading = ReturnType<typeof READING.parse>;

/**
 * The same as it was, whatever a flow that still holds it does to it; what is frozen is shared.
 * @param before what was kept in its place and nobody else has: it is written over, as new copies for each reading are a
 * tenth of all memory that a reading takes
 */
export function keptReading(reading: Reading, before?: Reading): Reading {
  const { meter, layout, blocks, definitions } = reading;
  const keptBlocks = blocks.map((block, at) => keptBlock(block, before?.blocks[at]));
  const copy = { ...reading, meter: meterForMessage(meter), layout: { ...layout }, blocks: keptBlocks };
  return definitions === undefined ? copy : { ...copy, definitions: definitions.map(frozenMetric) };
}

type Mutable<Kept> = { -readonly [Name in keyof Kept]: Kept[Name] };

function keptBlock(block: ReadingBlock, before: ReadingBlock | undefined): ReadingBlock {
  const { provenance, problems, error } = block;
  const values = kept(block.values, before?.values);
  // That of pm500-poll is frozen, and says by what it is which metrics a reading has.
  const own = Object.isFrozen(provenance) ? provenance : { ...provenance };
  const copy: Mutable<ReadingBlock> = kept(block, before);
  copy.values = values;
  copy.provenance = own;
  if (problems !== undefined) copy.problems = { ...problems };
  if (error !== undefined) copy.error = { ...error };
  return copy;
}

/** A copy; written over the one before, where that has the same members. */
function kept<Kept extends object>(now: Kept, before: Kept | undefined): Kept {
  return before !== undefined && isSubset(now, before) && isSubset(before, now)
    ? Object.assign(before, now)
    : { ...now };
}

function isSubset(some: object, others: object): boolean {
  for (const name in some) if (!Object.hasOwn(others, name)) return false;
  return true;
}
