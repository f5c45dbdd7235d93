import type { ErrorCode } from '../../support/errors';
import {
  choice,
  constant,
  COUNT,
  described,
  INTEGER,
  list,
  NUMBER,
  object,
  optional,
  POSITIVE,
  record,
  text,
  TEXT,
  type TypeOf,
} from '../../support/shape';
import { contract } from '../messages/contract';
import { EPOCH_MS, FAILURE, TAGS } from '../messages/parts';

export const DIAGNOSTICS_SCHEMA = 'pm500.diagnostics/1';

const LATENCY = object({
  edgesMs: described(list(NUMBER), 'upper ends of the buckets, milliseconds; one more bucket holds what took longer'),
  counts: described(list(COUNT), 'how many fell into each bucket; one more than there are ends'),
  sumMs: NUMBER,
  maxMs: NUMBER,
});
/** How many answers took how long. */
export type LatencyHistogram = TypeOf<typeof LATENCY>;

const IMPLICIT = object({
  multicast: described(
    COUNT,
    'connections open now whose data comes by a multicast group that others receive too: no frame is for us alone',
  ),
  pointToPoint: described(COUNT, 'connections open now whose data is sent to us alone'),
  groups: described(list(TEXT), 'the groups, as 239.192.1.0:2222'),
  frames: described(COUNT, 'frames of the meter that were taken'),
  missed: described(COUNT, 'frames that never came, by their sequence numbers'),
  stale: described(COUNT, 'frames that came twice, late or out of order, and were dropped'),
  heartbeats: described(COUNT, 'heartbeats that were sent to the meter'),
});
/** How the data of I/O connections comes, and what it costs the meter: plain counters. */
export type ImplicitDiagnostics = TypeOf<typeof IMPLICIT>;

const CONNECTION = {
  state: choice(['idle', 'connecting', 'connected', 'waiting', 'closed']),
  since: described(EPOCH_MS, 'when the state began, epoch milliseconds UTC'),
  error: optional(FAILURE, 'why it waits'),
  reads: described(COUNT, 'blocks that were read'),
  coalesced: described(COUNT, 'requests for a block that shared the answer to another one'),
  failed: described(COUNT, 'blocks that could not be read'),
  failures: described(record(COUNT, text<ErrorCode>()), 'the same, by error code'),
  timeouts: described(COUNT, 'failures because nothing came in time'),
  reconnects: described(COUNT, 'connections that were opened after the first'),
  latency: LATENCY,
  lastGoodAt: optional(EPOCH_MS, 'when a block was read last, epoch milliseconds UTC'),
  staleSince: optional(EPOCH_MS, 'the same, while what came after has failed'),
  implicit: optional(IMPLICIT, 'how the data of I/O connections comes'),
};
const DIAGNOSED_METER = object({ name: TEXT, host: TEXT, port: INTEGER, transport: TEXT, tags: TAGS });
/** Which meter, and how it is reached. */
export type DiagnosedMeter = TypeOf<typeof DIAGNOSED_METER>;

/**
 * The message contract of the second output of `pm500-poll`: how well one meter is read. Counters count from the moment
 * the connection was configured; those of one connection are the same for all nodes that share it, but for
 * `missedSlots`.
 */
export const DIAGNOSTICS = contract(
  DIAGNOSTICS_SCHEMA,
  {
    title: 'Diagnostics of one meter, second output of pm500-poll',
    advice: 'send the message of the second output of a pm500-poll node.',
  },
  object({
    schema: constant(DIAGNOSTICS_SCHEMA),
    meter: DIAGNOSED_METER,
    timestamp: EPOCH_MS,
    ...CONNECTION,
    missedSlots: described(COUNT, 'cycles of this node that were left out because the one before took too long'),
    maintenanceLeftMs: optional(
      POSITIVE,
      'how long a maintenance window stays open, milliseconds; absent when none is',
    ),
  }),
);
export type MeterDiagnostics = ReturnType<typeof DIAGNOSTICS.parse>;

/** How one connection fares. */
export type ConnectionDiagnostics = Omit<
  MeterDiagnostics,
  'schema' | 'meter' | 'timestamp' | 'missedSlots' | 'maintenanceLeftMs'
>;

/** What a node knows beside the connection. */
export interface PollFacts {
  readonly timestamp: number;
  readonly missedSlots: number;
  /** 0 when no window is open. */
  readonly maintenanceLeftMs: number;
}

export function describeMeter(
  meter: DiagnosedMeter,
  connection: ConnectionDiagnostics,
  { timestamp, missedSlots, maintenanceLeftMs }: PollFacts,
): MeterDiagnostics {
  const { state, since, error, reads, coalesced, failed, failures, timeouts, reconnects, latency } = connection;
  const { lastGoodAt, staleSince, implicit } = connection;
  return {
    schema: DIAGNOSTICS_SCHEMA,
    meter,
    timestamp,
    state,
    since,
    ...(error === undefined ? {} : { error }),
    ...(staleSince === undefined ? {} : { staleSince }),
    ...(lastGoodAt === undefined ? {} : { lastGoodAt }),
    ...(maintenanceLeftMs > 0 ? { maintenanceLeftMs } : {}),
    reads,
    coalesced,
    failed,
    failures,
    timeouts,
    reconnects,
    missedSlots,
    latency,
    ...(implicit === undefined ? {} : { implicit }),
  };
}

/**
 * One entry per meter, for whoever looks at all nodes: several that read one meter see the same connection, and each its
 * own missed slots, which add up.
 */
export function mergeDiagnostics(all: readonly MeterDiagnostics[]): readonly MeterDiagnostics[] {
  const merged = new Map<string, MeterDiagnostics>();
  for (const one of all) {
    const { name, host, port } = one.meter;
    const key = JSON.stringify([name, host, port]);
    merged.set(key, { ...one, missedSlots: (merged.get(key)?.missedSlots ?? 0) + one.missedSlots });
  }
  return [...merged.values()];
}
