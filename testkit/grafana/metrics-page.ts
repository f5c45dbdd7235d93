import { describeMeter, type ConnectionDiagnostics } from '../../src/domain/diagnostics/diagnostics';
import { diagnosticsMetrics } from '../../src/domain/diagnostics/diagnostics-metrics';
import { renderMetrics, type MetricFamily } from '../../src/domain/diagnostics/prometheus';
import { limitMetrics } from '../../src/domain/normalizer/site-limits';
import { NORMALIZE_DIAGNOSTICS_SCHEMA, normalizeMetrics } from '../../src/domain/normalizer/diagnostics';
import { deliveryMetrics } from '../../src/delivery/metrics';
import { NO_LOSSES } from '../../src/delivery/stats';
import { SITE } from './plant-site';

const TAGS = { site: 'plant', area: 'melt shop', line: 'l1' };
const METER = { name: 'main-incomer', host: '10.0.0.1', port: 44_818, transport: 'listen-only', tags: TAGS };

/** What the page says may wait in the outbox, of which 24 000 bytes do. */
export const OUTBOX_BYTES = 96_000;

/** What befalls the gateway at some moment. */
export interface Happening {
  /** For how long the second meter has given nothing; 0 while it does. */
  readonly silentSeconds: number;
  /** For how long it has given nothing since the nodes started. */
  readonly lostSeconds: number;
  readonly waitingRecords: number;
  readonly outboxBytes: number;
}

const USUAL: Happening = { silentSeconds: 42, lostSeconds: 0, waitingRecords: 120, outboxBytes: OUTBOX_BYTES };
const RECORD_BYTES = 200;
const RECORDS_PER_SECOND = 100;

/** A connection that has read for so many seconds. */
function connectionAt(seconds: number): ConnectionDiagnostics {
  return {
    state: 'connected',
    since: 0,
    reads: 4 * seconds,
    coalesced: seconds,
    failed: seconds / 15,
    failures: {},
    timeouts: seconds / 15,
    reconnects: seconds / 150,
    latency: { edgesMs: [1, 5, 20], counts: [2 * seconds, seconds, seconds, 0], sumMs: 20 * seconds, maxMs: 19 },
    implicit: {
      multicast: 1,
      pointToPoint: 0,
      groups: ['239.192.1.0:2222'],
      frames: 4 * seconds,
      missed: seconds / 15,
      stale: 0,
      heartbeats: seconds,
    },
  };
}

/**
 * What the metrics page of Node-RED says, made by the code that makes it.
 * @param seconds since the nodes started; counters have counted for so long
 * @param gateway what it says of the computer and of certificates
 */
export function metricsPage(
  seconds: number,
  gateway: readonly MetricFamily[] = [],
  { silentSeconds, lostSeconds, waitingRecords, outboxBytes }: Happening = USUAL,
): string {
  const timestamp = 1000 * seconds;
  const connection = connectionAt(seconds);
  const lost = lostSeconds / 5;
  const then = connectionAt(seconds - lostSeconds);
  const other = { ...then, failed: then.failed + lost, timeouts: then.timeouts + lost };
  const since = timestamp - 1000 * silentSeconds;
  const second = silentSeconds === 0 ? other : { ...other, state: 'waiting' as const, staleSince: since };
  const facts = { timestamp, missedSlots: seconds / 15, maintenanceLeftMs: 0 };
  const normalized = {
    schema: NORMALIZE_DIAGNOSTICS_SCHEMA,
    meter: { name: METER.name, host: METER.host, tags: TAGS },
    timestamp,
    readings: seconds,
    values: { good: 90 * seconds, uncertain: 9 * seconds, bad: seconds },
    reasons: { layout_inferred: 9 * seconds, read_failed: seconds },
    reported: 50 * seconds,
    suppressed: 50 * seconds,
    alarms: { info: 0, warning: 1, critical: 0 },
    counterQuestions: 1,
    clockSteps: 0,
    unjudged: 0,
  } as const;
  const stats = {
    state: 'idle',
    waiting: {
      records: waitingRecords,
      bytes: RECORD_BYTES * waitingRecords,
      oldestAgeMs: (1000 * waitingRecords) / RECORDS_PER_SECOND,
    },
    written: RECORDS_PER_SECOND * seconds - waitingRecords,
    refused: 0,
    setAside: 0,
    losses: NO_LOSSES,
    retries: 0,
    durable: true,
    capacity: { maximumBytes: outboxBytes },
  } as const;
  return renderMetrics([
    ...diagnosticsMetrics([
      describeMeter(METER, connection, facts),
      describeMeter({ ...METER, name: 'furnace' }, second, facts),
    ]),
    ...normalizeMetrics([normalized], 'normalize'),
    ...limitMetrics([normalized], 'normalize', { contractWatts: SITE.contractWatts, powerFactor: 0.9 }),
    ...deliveryMetrics(stats, { node: 'influx', target: 'influx-target' }),
    ...gateway,
  ]);
}
