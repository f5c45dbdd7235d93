import prices from './prices.json';

/** List prices; where they are from stands beside them. */
export type Prices = Readonly<Record<keyof (typeof prices)['rows'], number>>;

/** A fleet, as its cost follows from it. */
export interface Fleet {
  readonly meters: number;
  /** Computers that connect. */
  readonly edges: number;
  /** From one record of a meter to its next, seconds. */
  readonly everySeconds: number;
  /** Of a record as JSON. */
  readonly bytesOfRecord: number;
  /** Together in a message at most: `In a message` of iot-out. */
  readonly recordsInMessage: number;
  /** What a record takes in Parquet. */
  readonly bytesOfRow: number;
  readonly monthsKept: number;
  /** Read by queries in a month, GB. */
  readonly gbQueried: number;
  readonly withStream: boolean;
  readonly alarms: number;
}

const SECONDS_OF_MONTH = 30 * 86_400;
const GB = 1e9;
const MILLION = 1e6;
/** AWS IoT and Firehose count in steps of 5 KB. */
const STEP = 5 * 1024;
/** A PUT unit of Kinesis. */
const PUT = 25 * 1024;
/** Most bytes of a payload, as iot-out keeps them. */
const MOST_PAYLOAD = 127_000;
/** As lib/lake.ts has them. */
const TRANSFORM = { bytes: MILLION, secondsOfMb: 0.5, gb: 0.5 } as const;
/** Firehose writes an object every 15 minutes, to the partition of a day. */
const OBJECTS_OF_MONTH = 30 * 96;

const steps = (bytes: number, step: number): number => Math.ceil(bytes / step);

/** Those of prices.json. */
export function listPrices(): Prices {
  return Object.fromEntries(Object.entries(prices.rows).map(([name, { usd }]) => [name, usd])) as Prices;
}

/**
 * What a fleet costs in a month, US dollars, by its parts. Without free tiers, taxes, discounts and data that leaves AWS.
 * @throws Error for what is no fleet
 */
export function monthlyCosts(fleet: Fleet, price: Prices): Readonly<Record<string, number>> {
  const { meters, everySeconds, bytesOfRecord, withStream } = fleet;
  if (!(meters > 0) || !(everySeconds > 0) || !(bytesOfRecord > 0) || !(fleet.recordsInMessage >= 1))
    throw new Error('A fleet has meters, a time between records, bytes of a record, and a record in a message.');
  const records = (meters * SECONDS_OF_MONTH) / everySeconds;
  const together = Math.max(1, Math.min(fleet.recordsInMessage, Math.floor(MOST_PAYLOAD / bytesOfRecord)));
  const messages = records / together;
  const units = messages * steps(together * bytesOfRecord, STEP);
  const taken = (records * steps(bytesOfRecord, STEP) * STEP) / GB;
  const bytes = records * bytesOfRecord;
  const stored = (records * fleet.bytesOfRow * fleet.monthsKept) / GB;
  const transforms = bytes / TRANSFORM.bytes;
  // Records, batches and the stream each listen to all messages. One whose WHERE does not fit is triggered all the same, and
  // counts with one action at least.
  const rules = withStream ? 3 : 2;
  return {
    connections: ((fleet.edges * SECONDS_OF_MONTH) / 60 / MILLION) * price.iotConnectionMillionMinutes,
    messages: (units / MILLION) * price.iotMillionMessages,
    rules: (units / MILLION) * rules * (price.iotMillionRules + price.iotMillionActions),
    delivery:
      taken * (price.firehoseGb + price.firehoseConversionGb) +
      (bytes / GB) * price.firehosePartitionGb +
      (OBJECTS_OF_MONTH / 1000) * price.firehosePartitionThousandObjects,
    functions:
      (transforms / MILLION) * price.lambdaMillionRequests +
      transforms * TRANSFORM.secondsOfMb * TRANSFORM.gb * price.lambdaGbSecond,
    storage: stored * price.s3GbMonth,
    queries: (fleet.gbQueried / 1000) * price.athenaTb,
    stream: withStream
      ? (SECONDS_OF_MONTH / 3600) * price.kinesisShardHour +
        ((messages * steps(together * bytesOfRecord, PUT)) / MILLION) * price.kinesisMillionPuts
      : 0,
    fixed: price.kmsKeyMonth + price.secretMonth + fleet.alarms * price.alarmMonth,
  };
}

export function total(costs: Readonly<Record<string, number>>): number {
  return Object.values(costs).reduce((sum, each) => sum + each, 0);
}

/** 100 meters behind 5 edges, a record in 10 seconds, about 50 values in it, 50 records in a message, kept for 2 years. */
export const HUNDRED_METERS: Fleet = {
  meters: 100,
  edges: 5,
  everySeconds: 10,
  bytesOfRecord: 2000,
  recordsInMessage: 50,
  bytesOfRow: 250,
  monthsKept: 24,
  gbQueried: 500,
  withStream: false,
  alarms: 13,
};
