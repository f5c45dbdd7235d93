import type { MetricFamily } from '../domain/prometheus';
import type { WriterStats } from './writer';

type ValueOf = (stats: WriterStats, now: number) => number;

const isUp: ValueOf = ({ state, outbox }) => {
  const isFailing = state === 'retrying' || state === 'held' || outbox.problem !== undefined;
  return isFailing ? 0 : 1;
};
const oldestSeconds: ValueOf = ({ outbox: { oldestAcceptedAt } }, now) =>
  oldestAcceptedAt === undefined ? 0 : Math.max(0, now - oldestAcceptedAt) / 1000;

const FAMILIES: readonly (readonly [name: string, type: 'gauge' | 'counter', help: string, valueOf: ValueOf])[] = [
  ['pm500_delivery_up', 'gauge', '1 while points are taken and nothing keeps them from the database.', isUp],
  ['pm500_delivery_waiting_points', 'gauge', 'Points in the outbox.', ({ outbox }) => outbox.depth],
  ['pm500_delivery_waiting_bytes', 'gauge', 'Their bytes.', ({ outbox }) => outbox.bytes],
  ['pm500_delivery_oldest_seconds', 'gauge', 'How long the oldest of them has waited, else 0.', oldestSeconds],
  [
    'pm500_delivery_written_points_total',
    'counter',
    'Points that the database has taken.',
    (stats) => stats.linesWritten,
  ],
  ['pm500_delivery_refused_points_total', 'counter', 'Points that it refused.', (stats) => stats.linesRejected],
  [
    'pm500_delivery_dropped_points_total',
    'counter',
    'Points lost for their age or the size of the outbox.',
    ({ outbox }) => outbox.dropped,
  ],
  [
    'pm500_delivery_damaged_points_total',
    'counter',
    'Points lost with a damaged file.',
    ({ outbox }) => outbox.damaged,
  ],
  ['pm500_delivery_retries_total', 'counter', 'Requests that failed and were repeated.', (stats) => stats.retries],
];

/**
 * Delivery to one target as metric families of Prometheus. Counters count since the target was deployed.
 * @param now wall clock, epoch milliseconds UTC
 */
export function deliveryMetrics(
  stats: WriterStats,
  labels: Readonly<Record<string, string>>,
  now: number,
): readonly MetricFamily[] {
  return FAMILIES.map(([name, type, help, valueOf]) => ({
    name,
    type,
    help,
    samples: [{ labels, value: valueOf(stats, now) }],
  }));
}
