import { BY_METER, type Durations, grown } from '../promql';
import { EXPERIENCE, METER } from './words';
import type { AlertRule } from '../rule';

/** Node-RED itself and the computer it runs on. */
export function gatewayRules(span: Durations): readonly AlertRule[] {
  const certificate = `min by (instance, node, part) (pm500_certificate_expires_seconds) - time()`;
  const disk = 'min by (instance, path) (pm500_disk_free_bytes / pm500_disk_size_bytes)';
  const day = 86_400;
  return [
    {
      id: 'GatewayDown',
      group: 'gateway',
      severity: 'critical',
      // Also where nobody asks any more.
      value: 'min by (instance) (up{job="pm500"}) or absent(up{job="pm500"}) - 1',
      condition: 'below',
      limit: 1,
      unit: 'state',
      forSeconds: 120,
      summary: 'Node-RED at {{ $labels.instance }} does not answer: nothing is known of its meters.',
      source: EXPERIENCE,
    },
    {
      id: 'CertificateExpiresSoon',
      group: 'gateway',
      severity: 'warning',
      value: certificate,
      condition: 'below',
      limit: 21 * day,
      unit: 'seconds',
      forSeconds: 600,
      summary: 'A certificate ({{ $labels.part }}) of node {{ $labels.node }} ends in {{ $value | humanizeDuration }}.',
      source: EXPERIENCE,
    },
    {
      id: 'CertificateExpires',
      group: 'gateway',
      severity: 'critical',
      value: certificate,
      condition: 'below',
      limit: 3 * day,
      unit: 'seconds',
      forSeconds: 600,
      summary: 'A certificate ({{ $labels.part }}) of node {{ $labels.node }} ends in {{ $value | humanizeDuration }}.',
      source: EXPERIENCE,
      inhibits: ['CertificateExpiresSoon'],
    },
    {
      id: 'DiskSpaceLow',
      group: 'gateway',
      severity: 'warning',
      value: disk,
      condition: 'below',
      limit: 0.15,
      unit: 'share',
      forSeconds: 600,
      summary: 'The disk of {{ $labels.path }} has {{ $value | humanizePercentage }} left.',
      source: EXPERIENCE,
    },
    {
      id: 'DiskFull',
      group: 'gateway',
      severity: 'critical',
      value: disk,
      condition: 'below',
      limit: 0.05,
      unit: 'share',
      forSeconds: 60,
      summary:
        'The disk of {{ $labels.path }} has {{ $value | humanizePercentage }} left: outboxes will refuse readings.',
      source: EXPERIENCE,
      inhibits: ['DiskSpaceLow'],
    },
    {
      id: 'ReadinessCritical',
      group: 'gateway',
      severity: 'warning',
      // Of pm500 doctor, which Node-RED runs by itself where settings.js says doctorHours.
      value: 'max by (instance, check) (pm500_doctor_finding{severity="critical"})',
      condition: 'above',
      limit: 0,
      unit: 'state',
      forSeconds: 0,
      summary: 'The readiness check {{ $labels.check }} at {{ $labels.instance }} found something critical.',
      source: 'any critical finding',
    },
    {
      id: 'ClockStepped',
      group: 'gateway',
      severity: 'warning',
      value: `max ${BY_METER} (${grown('pm500_clock_steps_total', span.of(3600))})`,
      condition: 'above',
      limit: 0,
      unit: 'count',
      forSeconds: 0,
      summary: `The clock of the host that reads ${METER} was set: energies by the clock are uncertain.`,
      source: 'any step',
    },
  ];
}
