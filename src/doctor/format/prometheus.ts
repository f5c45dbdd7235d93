import { DOCTOR_SEVERITIES } from '../check';
import { DOCTOR_OUTCOMES, type DoctorReport } from '../examine';

/** The report as gauges in Prometheus text format: how many checks ended how, and each finding by its id. */
export function formatDoctorPrometheus({ at, counts, results }: DoctorReport): string {
  const found = results.filter(({ outcome }) => outcome === 'finding');
  const gauge = (name: string, help: string, samples: readonly string[]): string =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples.map((sample) => `${name}${sample}`), ''].join('\n');
  return [
    gauge('pm500_doctor_time_seconds', 'When the checks were made, seconds since 1970.', [` ${Date.parse(at) / 1000}`]),
    gauge(
      'pm500_doctor_checks',
      'How many checks ended so.',
      DOCTOR_OUTCOMES.map((outcome) => `{outcome="${outcome}"} ${counts[outcome]}`),
    ),
    gauge(
      'pm500_doctor_findings',
      'How many checks found something.',
      DOCTOR_SEVERITIES.map(
        (severity) => `{severity="${severity}"} ${found.filter((each) => each.severity === severity).length}`,
      ),
    ),
    gauge(
      'pm500_doctor_finding',
      'Checks that found something.',
      found.map(({ id, severity }) => `{check="${id}",severity="${severity}"} 1`),
    ),
  ].join('');
}
