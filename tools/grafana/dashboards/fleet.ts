import type { DashboardSpec } from '../dashboard';
import { CHOSEN_METERS as METER } from '../metrics';
import { promNow, promQl, type PanelSpec } from '../panel';
import { metricsChoices, METRICS_SOURCE } from '../variables';
import { GATEWAY_DOCS, LOSS_DOCS, METRICS_DOCS, QUALITY_DOCS } from '../words';

const NO_PAGE = 'No metrics page is read: is pm500/metrics of Node-RED scraped?';

type More = Partial<PanelSpec>;

function series(
  title: string,
  description: string,
  unit: PanelSpec['unit'],
  queries: PanelSpec['queries'],
  more: More = {},
): PanelSpec {
  const common = { kind: 'timeseries', noData: NO_PAGE, docs: METRICS_DOCS, width: 12 } as const;
  return { title, description, unit, queries, ...common, ...more };
}

const rate = (counter: string): string => `rate(${counter}${METER}[$__rate_interval])`;
const byMeter = (expression: string, how: 'sum' | 'max' | 'min' = 'sum'): string => `${how} by (meter) (${expression})`;

const MEASURED = { kind: 'stat', width: 6, height: 5 } as const;

function meters(): readonly PanelSpec[] {
  return [
    series(
      'Meters that are connected',
      'Connections that stand, of all that are configured.',
      'count',
      [promNow(`sum(pm500_up${METER})`, 'connected'), promNow(`count(pm500_up${METER})`, 'configured')],
      MEASURED,
    ),
    series(
      'Oldest data',
      'Age of the newest data of the meter that has given none for longest; 0 while all give data.',
      's',
      [promNow(`max(pm500_stale_seconds${METER})`, 'oldest')],
      MEASURED,
    ),
    series(
      'Active alarms',
      'Alarms of pm500-normalize by severity.',
      'count',
      [promNow(`sum by (severity) (pm500_active_alarms${METER})`, '{{severity}}')],
      { ...MEASURED, docs: 'alarms.md' },
    ),
    series(
      'Counters that wait for an answer',
      'Their energy is in no total until a person answers.',
      'count',
      [promNow(`sum(pm500_counter_questions${METER})`, 'questions')],
      { ...MEASURED, docs: 'kpis.md#questions-answers-corrections' },
    ),
    series('Data age by meter', 'Age of the newest data while none comes, else 0.', 's', [
      promQl(byMeter(`pm500_stale_seconds${METER}`, 'max'), '{{meter}}'),
    ]),
    series('Connection by meter', '1 while the connection to the meter stands.', 'state', [
      promQl(byMeter(`pm500_up${METER}`, 'min'), '{{meter}}'),
    ]),
  ];
}

function reads(): readonly PanelSpec[] {
  const bucket = `sum by (le, meter) (${rate('pm500_read_latency_seconds_bucket')})`;
  return [
    series('Reads', 'Blocks that were read, each second.', 'per second', [
      promQl(byMeter(rate('pm500_reads_total')), '{{meter}}'),
    ]),
    series(
      'Reads that failed',
      'Blocks that could not be read, and those of them that timed out, each second.',
      'per second',
      [
        promQl(byMeter(rate('pm500_failed_reads_total')), '{{meter}} failed'),
        promQl(byMeter(rate('pm500_read_timeouts_total')), '{{meter}} timed out'),
      ],
    ),
    series(
      'Latency, 95 of 100 reads',
      'From request to answer; with implicit messages the age of the data when it was read.',
      's',
      [promQl(`histogram_quantile(0.95, ${bucket})`, '{{meter}}')],
    ),
    series(
      'Reconnects and missed cycles',
      'Connections that were opened again, and cycles that were left out because the one before took too long.',
      'per second',
      [
        promQl(byMeter(rate('pm500_reconnects_total')), '{{meter}} reconnects'),
        promQl(byMeter(rate('pm500_missed_slots_total')), '{{meter}} missed cycles'),
      ],
    ),
    series(
      'Implicit messages',
      'Frames that were taken, frames that never came and heartbeats that were sent, each second. Only of meters that send by themselves.',
      'per second',
      [
        promQl(byMeter(rate('pm500_frames_total')), '{{meter}} frames'),
        promQl(byMeter(rate('pm500_missed_frames_total')), '{{meter}} missed'),
        promQl(byMeter(rate('pm500_heartbeats_total')), '{{meter}} heartbeats'),
      ],
      { noData: 'No meter sends by itself', docs: 'transports.md', width: 24 },
    ),
  ];
}

function values(): readonly PanelSpec[] {
  return [
    series(
      'Values by quality',
      'Values that pm500-normalize judged, each second.',
      'per second',
      [promQl(`sum by (quality) (${rate('pm500_values_total')})`, '{{quality}}')],
      { stacked: true, docs: QUALITY_DOCS },
    ),
    series(
      'Values that are not good, by reason',
      'Uncertain and bad values, each second.',
      'per second',
      [promQl(`sum by (reason) (${rate('pm500_untrusted_values_total')})`, '{{reason}}')],
      { stacked: true, docs: QUALITY_DOCS, noData: 'Every value was good' },
    ),
  ];
}

function delivery(): readonly PanelSpec[] {
  const by = 'by (instance, node, target)';
  return [
    series(
      'Queue depth',
      'Records in the outbox of each sink.',
      'count',
      [promQl(`max ${by} (pm500_delivery_waiting_records)`, '{{target}}')],
      { docs: 'influxdb.md' },
    ),
    series(
      'Oldest record',
      'How long the oldest record of each sink has waited.',
      's',
      [promQl(`max ${by} (pm500_delivery_oldest_seconds)`, '{{target}}')],
      { docs: 'influxdb.md' },
    ),
    series(
      'Outbox, of its limit',
      'Bytes that wait, by the bytes that may wait at most; past the limit the oldest records are lost.',
      'share',
      [promQl(`max ${by} (pm500_delivery_waiting_bytes) / max ${by} (pm500_delivery_limit_bytes)`, '{{target}}')],
      { docs: LOSS_DOCS },
    ),
    series(
      'Bytes that may wait',
      'The limit of the outbox of each sink.',
      'bytes',
      [promNow(`max ${by} (pm500_delivery_limit_bytes)`, '{{target}}')],
      { kind: 'stat', docs: LOSS_DOCS },
    ),
    series(
      'Records delivered',
      'Records that the other side has taken, each second.',
      'per second',
      [promQl(`sum ${by} (rate(pm500_delivery_written_records_total[$__rate_interval]))`, '{{target}}')],
      { docs: 'influxdb.md' },
    ),
    series(
      'Records lost, by cause',
      'Since the sink was deployed; 0 is right.',
      'count',
      [promQl('sum by (target, cause) (pm500_delivery_lost_records_total)', '{{target}} {{cause}}')],
      { docs: 'influxdb.md' },
    ),
  ];
}

/** The computer that Node-RED runs on, and the certificates that its sinks use. */
function gateway(): readonly PanelSpec[] {
  const by = 'by (instance, path)';
  const [free, size] = [`min ${by} (pm500_disk_free_bytes)`, `min ${by} (pm500_disk_size_bytes)`];
  const more = { docs: GATEWAY_DOCS, noData: NO_PAGE } as const;
  return [
    series(
      'Disk that is free, of its size',
      'Of the disk with the outboxes; when it is full, they refuse readings.',
      'share',
      [promQl(`${free} / ${size}`, '{{instance}} {{path}}')],
      more,
    ),
    series(
      'Disk that is free',
      'Bytes that may still be written to the disk with the outboxes.',
      'bytes',
      [promNow(free, '{{instance}} {{path}}')],
      { ...more, kind: 'stat', width: 6 },
    ),
    series(
      'Certificates: time until they end',
      'Of the certificate of a sink (cert) and the first of its authorities (ca) to end; negative: it has ended.',
      's',
      [
        promNow(
          'min by (instance, node, part) (pm500_certificate_expires_seconds) - time()',
          '{{instance}} {{node}} {{part}}',
        ),
      ],
      { docs: GATEWAY_DOCS, noData: 'No sink uses a certificate', kind: 'stat', width: 6 },
    ),
  ];
}

/** How well all meters are read and all readings delivered, from the metrics page of Node-RED. */
export function fleetHealth(): DashboardSpec {
  return {
    uid: 'pm500-fleet',
    title: 'Fleet health',
    description: 'Data age, reads, latency, quality, queues and heartbeats of all meters; disk and certificates.',
    variables: [METRICS_SOURCE, ...metricsChoices('pm500_up')],
    since: '6h',
    refresh: '30s',
    sections: [
      { title: 'Meters', panels: meters() },
      { title: 'Reads', panels: reads() },
      { title: 'Values', panels: values() },
      { title: 'Delivery', panels: delivery() },
      { title: 'Computer and certificates', panels: gateway() },
    ],
  };
}
