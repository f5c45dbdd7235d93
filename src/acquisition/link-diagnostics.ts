import type { LatencyHistogram } from '../domain/diagnostics/diagnostics';
import type { ErrorCode, Pm500Error } from '../support/errors';
import { isLeftAlone } from './back-off';
import type { IoTraffic } from '../transport/transport';
import type { LinkState } from './link-state';

/** Upper ends of the latency buckets, milliseconds; one more bucket holds what took longer. */
const LATENCY_EDGES_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;

/** How one connection fares: plain counters since it was configured, a copy at the time of asking. */
export interface LinkDiagnostics {
  readonly state: LinkState['kind'];
  /** When this state began, epoch milliseconds UTC. */
  readonly since: number;
  /** Why it waits. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** Blocks that were read. */
  readonly reads: number;
  /** Requests for a block that shared the answer to another one. */
  readonly coalesced: number;
  /** Blocks that could not be read, by error code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly failed: number;
  /** Failures because nothing came in time. */
  readonly timeouts: number;
  /** Connections that were opened. */
  readonly connects: number;
  /** The same, after the first. */
  readonly reconnects: number;
  /** Request to reply; with implicit messages the age of the data when it was read. */
  readonly latency: LatencyHistogram;
  /** When a block was read last, epoch milliseconds UTC. */
  readonly lastGoodAt?: number;
  /** The same, while what came after has failed: the values are as old as this. */
  readonly staleSince?: number;
  /** How the data of I/O connections comes; absent where the meter is asked. */
  readonly implicit?: IoTraffic;
}

const TIMEOUTS: readonly ErrorCode[] = [
  'ENIP_CONNECT_TIMEOUT',
  'ENIP_REPLY_TIMEOUT',
  'MODBUS_CONNECT_TIMEOUT',
  'MODBUS_REPLY_TIMEOUT',
];

/** The meter is there and refuses one block. */
const REFUSALS: readonly ErrorCode[] = ['CIP_STATUS', 'MODBUS_EXCEPTION', 'METER_SIZE_MISMATCH', 'BLOCK_UNSUPPORTED'];

/** Keeps the counters of one connection; costs nothing but additions. */
export class LinkRecorder {
  private reads = 0;
  private coalesced = 0;
  private failed = 0;
  private timeouts = 0;
  private connects = 0;
  private sumMs = 0;
  private maxMs = 0;
  private readonly failures: Partial<Record<ErrorCode, number>> = {};
  private readonly counts = new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0);
  private lastGoodAt: number | undefined;
  private isStale = false;

  read(timestamp: number, latencyMs: number): void {
    this.reads++;
    this.lastGoodAt = timestamp;
    this.isStale = false;
    this.sumMs += latencyMs;
    this.maxMs = Math.max(this.maxMs, latencyMs);
    const bucket = LATENCY_EDGES_MS.findIndex((edgeMs) => latencyMs <= edgeMs);
    const index = bucket < 0 ? LATENCY_EDGES_MS.length : bucket;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }

  fail(error: Pm500Error): void {
    this.failed++;
    // Not asked is not timed out: while a meter is left alone the reason was counted when it happened.
    const code = isLeftAlone(error) ? 'METER_BACKING_OFF' : error.code;
    if (!REFUSALS.includes(code)) this.isStale = true;
    this.failures[code] = (this.failures[code] ?? 0) + 1;
    if (TIMEOUTS.includes(code)) this.timeouts++;
  }

  share(): void {
    this.coalesced++;
  }

  connect(): void {
    this.connects++;
  }

  /** When data came last, while it is not current any more. */
  get staleSince(): number | undefined {
    return this.isStale ? this.lastGoodAt : undefined;
  }

  snapshot({ kind, since, error }: LinkState, implicit?: IoTraffic): LinkDiagnostics {
    const { lastGoodAt, staleSince } = this;
    return {
      state: kind,
      since,
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      reads: this.reads,
      coalesced: this.coalesced,
      failures: { ...this.failures },
      failed: this.failed,
      timeouts: this.timeouts,
      connects: this.connects,
      reconnects: Math.max(0, this.connects - 1),
      latency: { edgesMs: LATENCY_EDGES_MS, counts: [...this.counts], sumMs: this.sumMs, maxMs: this.maxMs },
      ...(lastGoodAt === undefined ? {} : { lastGoodAt }),
      ...(staleSince === undefined ? {} : { staleSince }),
      ...(implicit === undefined ? {} : { implicit }),
    };
  }
}
