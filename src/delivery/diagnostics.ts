import { contract } from '../domain/messages/contract';
import { EPOCH_MS, FAILURE } from '../domain/messages/parts';
import {
  choice,
  constant,
  COUNT,
  described,
  FLAG,
  NUMBER,
  object,
  optional,
  orNull,
  type Shape,
} from '../support/shape';
import { DELIVERY_STATES } from './engine-types';
import { LOSS_CAUSES, totalLoss, type DeliveryStats, type Losses } from './stats';

export const DELIVERY_SCHEMA = 'pm500.delivery/1';

const LOSSES = object(Object.fromEntries(LOSS_CAUSES.map((cause) => [cause, COUNT]))) as Shape<object> as Shape<Losses>;

const CAPACITY = object({
  maximumBytes: described(NUMBER, 'payload bytes at most'),
  bytesPerHour: optional(NUMBER, 'what comes in an hour, measured; absent until it is known'),
  hours: optional(NUMBER, 'how many hours fit, the age at which records are let go included'),
  fullInHours: optional(NUMBER, 'in how many hours it is full if nothing is delivered'),
});

/** The message contract of sinks: how delivery goes. Counts begin with the sink. */
export const DELIVERY = contract(
  DELIVERY_SCHEMA,
  {
    title: 'How delivery of a sink goes, output of influx-out, iot-out and sparkplug-out',
    advice: 'send the output of a sink.',
  },
  object({
    schema: constant(DELIVERY_SCHEMA),
    timestamp: EPOCH_MS,
    state: choice(DELIVERY_STATES),
    depth: described(COUNT, 'records that wait in the outbox'),
    bytes: described(COUNT, 'their bytes'),
    oldestAgeSeconds: described(NUMBER, 'how long the oldest has waited; 0 when nothing waits'),
    recordsPerSecond: described(NUMBER, 'written since the diagnostics before this one'),
    written: COUNT,
    rejected: described(COUNT, 'refused for good'),
    setAside: described(COUNT, 'refused records that are kept on the disk'),
    retries: COUNT,
    dropped: described(COUNT, 'lost for age or size of the outbox'),
    damaged: described(COUNT, 'lost because what they were stored on was damaged'),
    lost: described(COUNT, 'everything that is lost'),
    losses: described(LOSSES, 'the same by cause'),
    capacity: described(
      orNull(CAPACITY),
      'how much may wait, and how long that lasts of a sink that measures it; null where it is not known',
    ),
    durable: described(FLAG, 'whether what waits survives a restart'),
    lastError: described(
      orNull(FAILURE),
      'why the outbox or the last attempt failed; null after it was repeated with success',
    ),
  }),
);

/** How delivery of a sink goes, as a message payload. */
export type DeliveryDiagnostics = ReturnType<typeof DELIVERY.parse>;

/** Describes delivery again and again; rates are those since the last time. */
export class DiagnosticsReporter {
  private writtenBefore: number;
  private reportedAtMs: number;

  /** @param monotonicMs of now */
  constructor({ written }: Pick<DeliveryStats, 'written'>, monotonicMs: number) {
    this.writtenBefore = written;
    this.reportedAtMs = monotonicMs;
  }

  /**
   * @param now wall clock, epoch milliseconds UTC
   * @param monotonicMs the monotonic clock at the same time
   */
  report(stats: DeliveryStats, now: number, monotonicMs: number): DeliveryDiagnostics {
    const { waiting, written, losses, lastError } = stats;
    const seconds = (monotonicMs - this.reportedAtMs) / 1000;
    const recordsPerSecond = seconds > 0 ? Math.max(0, written - this.writtenBefore) / seconds : 0;
    this.writtenBefore = written;
    this.reportedAtMs = monotonicMs;
    return {
      schema: DELIVERY_SCHEMA,
      timestamp: now,
      state: stats.state,
      depth: waiting.records,
      bytes: waiting.bytes,
      oldestAgeSeconds: waiting.oldestAgeMs / 1000,
      recordsPerSecond,
      written,
      rejected: stats.refused,
      setAside: stats.setAside,
      retries: stats.retries,
      dropped: losses.age + losses.size + losses.absent,
      damaged: losses.damage,
      lost: totalLoss(stats),
      losses,
      capacity: stats.capacity ?? null,
      durable: stats.durable,
      lastError: lastError === undefined ? null : { code: lastError.code, message: lastError.message },
    };
  }
}
