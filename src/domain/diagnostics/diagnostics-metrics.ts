import { mergeDiagnostics, type MeterDiagnostics } from './diagnostics';
import type { Labels, MetricFamily, PrometheusSample } from './prometheus';

const COUNTERS = {
  reads: ['pm500_reads_total', 'Blocks that were read.'],
  coalesced: ['pm500_coalesced_reads_total', 'Requests for a block that shared the answer to another one.'],
  failed: ['pm500_failed_reads_total', 'Blocks that could not be read.'],
  timeouts: ['pm500_read_timeouts_total', 'Blocks that could not be read because nothing came in time.'],
  reconnects: ['pm500_reconnects_total', 'Connections that were opened after the first.'],
  missedSlots: ['pm500_missed_slots_total', 'Cycles left out because the one before took too long.'],
} as const;
type Counter = keyof typeof COUNTERS;

function labelsOf({ meter }: MeterDiagnostics): Labels {
  const { tags, name, host, port, transport } = meter;
  return { ...tags, meter: name, address: `${host}:${port}`, transport };
}

function histogramOf({ latency }: MeterDiagnostics, labels: Labels): readonly PrometheusSample[] {
  let below = 0;
  const buckets = latency.counts.map((count, index): PrometheusSample => {
    below += count;
    const edgeMs = latency.edgesMs[index];
    const le = edgeMs === undefined ? '+Inf' : String(edgeMs / 1000);
    return { labels: { ...labels, le }, value: below, suffix: '_bucket' };
  });
  return [
    ...buckets,
    { labels, value: latency.sumMs / 1000, suffix: '_sum' },
    { labels, value: below, suffix: '_count' },
  ];
}

const IMPLICIT = {
  multicast: ['pm500_multicast_connections', 'gauge', 'I/O connections whose data comes by a multicast group.'],
  pointToPoint: ['pm500_point_to_point_connections', 'gauge', 'I/O connections whose data is sent to us alone.'],
  frames: ['pm500_frames_total', 'counter', 'Frames of I/O connections that were taken.'],
  missed: ['pm500_missed_frames_total', 'counter', 'Frames of I/O connections that never came.'],
  stale: ['pm500_stale_frames_total', 'counter', 'Frames that came twice, late or out of order.'],
  heartbeats: ['pm500_heartbeats_total', 'counter', 'Heartbeats that were sent to the meter.'],
} as const;

/** Of meters that send by themselves. */
function implicitMetrics(meters: readonly MeterDiagnostics[]): readonly MetricFamily[] {
  return (Object.keys(IMPLICIT) as (keyof typeof IMPLICIT)[]).map((key): MetricFamily => {
    const [name, type, help] = IMPLICIT[key];
    const samples = meters.flatMap((meter) =>
      meter.implicit === undefined ? [] : [{ labels: labelsOf(meter), value: meter.implicit[key] }],
    );
    return { name, help, type, samples };
  });
}

/** The diagnostics of all meters as metric families of Prometheus. */
export function diagnosticsMetrics(all: readonly MeterDiagnostics[]): readonly MetricFamily[] {
  const meters = mergeDiagnostics(all);
  const gauge = (name: string, help: string, valueOf: (meter: MeterDiagnostics) => number): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: meters.map((meter) => ({ labels: labelsOf(meter), value: valueOf(meter) })),
  });
  const staleMs = ({ staleSince, timestamp }: MeterDiagnostics): number =>
    staleSince === undefined ? 0 : Math.max(0, timestamp - staleSince);
  return [
    gauge('pm500_up', '1 while the connection to the meter stands.', ({ state }) => (state === 'connected' ? 1 : 0)),
    gauge('pm500_stale_seconds', 'Age of the newest data while none comes, else 0.', (meter) => staleMs(meter) / 1000),
    gauge(
      'pm500_maintenance_seconds',
      'How long a maintenance window stays open.',
      ({ maintenanceLeftMs = 0 }) => maintenanceLeftMs / 1000,
    ),
    ...(Object.keys(COUNTERS) as Counter[]).map((counter): MetricFamily => {
      const [name, help] = COUNTERS[counter];
      return {
        name,
        help,
        type: 'counter',
        samples: meters.map((meter) => ({ labels: labelsOf(meter), value: meter[counter] })),
      };
    }),
    ...implicitMetrics(meters),
    {
      name: 'pm500_read_latency_seconds',
      help: 'From request to answer; with implicit messages the age of the data when it was read.',
      type: 'histogram',
      samples: meters.flatMap((meter) => histogramOf(meter, labelsOf(meter))),
    },
  ];
}
