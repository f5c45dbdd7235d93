import type { MetricFamily } from '../domain/diagnostics/prometheus';
import { isWell, LOSS_CAUSES, type DeliveryCapacity, type DeliveryStats } from './stats';

type Family = readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  valueOf: (stats: DeliveryStats) => number,
];

const FAMILIES: readonly Family[] = [
  [
    'pm500_delivery_up',
    'gauge',
    '1 while records are taken and nothing keeps them from the other side.',
    (stats) => (isWell(stats) ? 1 : 0),
  ],
  ['pm500_delivery_waiting_records', 'gauge', 'Records in the outbox.', ({ waiting }) => waiting.records],
  ['pm500_delivery_waiting_bytes', 'gauge', 'Their bytes.', ({ waiting }) => waiting.bytes],
  [
    'pm500_delivery_oldest_seconds',
    'gauge',
    'How long the oldest of them has waited, else 0.',
    ({ waiting }) => waiting.oldestAgeMs / 1000,
  ],
  [
    'pm500_delivery_written_records_total',
    'counter',
    'Records that the other side has taken.',
    ({ written }) => written,
  ],
  ['pm500_delivery_refused_records_total', 'counter', 'Records that it refused for good.', ({ refused }) => refused],
  [
    'pm500_delivery_set_aside_records_total',
    'counter',
    'Refused records that are kept on the disk for a person.',
    ({ setAside }) => setAside,
  ],
  [
    'pm500_delivery_dropped_records_total',
    'counter',
    'Records lost for their age or the size of the outbox.',
    ({ losses }) => losses.age + losses.size + losses.absent,
  ],
  [
    'pm500_delivery_damaged_records_total',
    'counter',
    'Records lost with a damaged file.',
    ({ losses }) => losses.damage,
  ],
  ['pm500_delivery_retries_total', 'counter', 'Requests that failed and were repeated.', ({ retries }) => retries],
];

/** Told where the sink knows it. */
const CAPACITY: readonly (readonly [
  name: string,
  help: string,
  valueOf: (of: DeliveryCapacity) => number | undefined,
])[] = [
  ['pm500_delivery_limit_bytes', 'Bytes that may wait at most.', ({ maximumBytes }) => maximumBytes],
  [
    'pm500_delivery_holds_seconds',
    'How long an outage may last at the pace of now before records are lost.',
    ({ hours }) => (hours === undefined ? undefined : hours * SECONDS_PER_HOUR),
  ],
];
const SECONDS_PER_HOUR = 3600;

const LOST_HELP = 'Records that will never reach the other side, by cause.';

/** Delivery of one sink as metric families of Prometheus. Counters count since the sink was deployed. */
export function deliveryMetrics(
  stats: DeliveryStats,
  labels: Readonly<Record<string, string>>,
): readonly MetricFamily[] {
  const families = FAMILIES.map(([name, type, help, valueOf]): MetricFamily => ({
    name,
    type,
    help,
    samples: [{ labels, value: valueOf(stats) }],
  }));
  const { capacity } = stats;
  const capacities = CAPACITY.flatMap(([name, help, valueOf]): readonly MetricFamily[] => {
    const value = capacity === undefined ? undefined : valueOf(capacity);
    return value === undefined ? [] : [{ name, type: 'gauge', help, samples: [{ labels, value }] }];
  });
  const lost = LOSS_CAUSES.map((cause) => ({ labels: { ...labels, cause }, value: stats.losses[cause] }));
  return [
    ...families,
    ...capacities,
    { name: 'pm500_delivery_lost_records_total', type: 'counter', help: LOST_HELP, samples: lost },
  ];
}
