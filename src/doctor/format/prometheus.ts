import { renderMetrics, type MetricFamily } from '../../domain/diagnostics/prometheus';
import { DOCTOR_SEVERITIES } from '../check';
import { DOCTOR_OUTCOMES, type DoctorReport } from '../examine';

/** The report as gauges: when it was made, how many checks ended how, and each finding by its id. */
export function doctorMetrics({ at, counts, results }: DoctorReport): readonly MetricFamily[] {
  const found = results.filter(({ outcome }) => outcome === 'finding');
  const gauge = (name: string, help: string, samples: MetricFamily['samples']): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples,
  });
  return [
    gauge('pm500_doctor_time_seconds', 'When the checks were made, seconds since 1970.', [
      { labels: {}, value: Date.parse(at) / 1000 },
    ]),
    gauge(
      'pm500_doctor_checks',
      'How many checks ended so.',
      DOCTOR_OUTCOMES.map((outcome) => ({ labels: { outcome }, value: counts[outcome] })),
    ),
    gauge(
      'pm500_doctor_findings',
      'How many checks found something.',
      DOCTOR_SEVERITIES.map((severity) => ({
        labels: { severity },
        value: found.filter((each) => each.severity === severity).length,
      })),
    ),
    gauge(
      'pm500_doctor_finding',
      'Checks that found something.',
      found.map(({ id, severity }) => ({ labels: { check: id, severity }, value: 1 })),
    ),
  ];
}

/** The same in the text format of Prometheus. */
export const formatDoctorPrometheus = (report: DoctorReport): string => renderMetrics(doctorMetrics(report));
