import type { ErrorCode } from '../../support/errors';

export const DIAGNOSTICS_SCHEMA = 'pm500.diagnostics/1';

/** How many answers took how long. */
export interface LatencyHistogram {
  /** Upper ends of the buckets, milliseconds; one more bucket holds what took longer. */
  readonly edgesMs: readonly number[];
  /** How many fell into each bucket; one longer than `edgesMs`. */
  readonly counts: readonly number[];
  readonly sumMs: number;
  readonly maxMs: number;
}

/** How the data of I/O connections comes, and what it costs the meter: plain counters. */
export interface ImplicitDiagnostics {
  /** Connections open now whose data comes by a multicast group that others receive too: no frame is for us alone. */
  readonly multicast: number;
  /** Connections open now whose data is sent to us alone. */
  readonly pointToPoint: number;
  /** The groups, as "239.192.1.0:2222". */
  readonly groups: readonly string[];
  /** Frames of the meter that were taken. */
  readonly frames: number;
  /** Frames that never came, by their sequence numbers. */
  readonly missed: number;
  /** Frames that came twice, late or out of order, and were dropped. */
  readonly stale: number;
  /** Heartbeats that were sent to the meter. */
  readonly heartbeats: number;
}

/** How one connection fares. */
export interface ConnectionDiagnostics {
  readonly state: 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';
  /** When this state began, epoch milliseconds UTC. */
  readonly since: number;
  /** Why it waits. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** Blocks that were read. */
  readonly reads: number;
  /** Requests for a block that shared the answer to another one. */
  readonly coalesced: number;
  /** Blocks that could not be read. */
  readonly failed: number;
  /** The same, by error code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Failures because nothing came in time. */
  readonly timeouts: number;
  /** Connections that were opened after the first. */
  readonly reconnects: number;
  readonly latency: LatencyHistogram;
  /** When a block was read last, epoch milliseconds UTC. */
  readonly lastGoodAt?: number;
  /** The same, while what came after has failed. */
  readonly staleSince?: number;
  /** Where the meter sends by itself. */
  readonly implicit?: ImplicitDiagnostics;
}

/** Which meter, and how it is reached. */
export interface DiagnosedMeter {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly transport: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The message contract of the second output of `pm500-poll`: how well one meter is read. Counters count from the moment
 * the connection was configured; those of one connection are the same for all nodes that share it, but for
 * `missedSlots`.
 */
export interface MeterDiagnostics extends ConnectionDiagnostics {
  readonly schema: typeof DIAGNOSTICS_SCHEMA;
  readonly meter: DiagnosedMeter;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
  /** Cycles of this node that were left out because the one before took too long. */
  readonly missedSlots: number;
  /** How long a maintenance window stays open; absent when none is. */
  readonly maintenanceLeftMs?: number;
}

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
