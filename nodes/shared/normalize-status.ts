import type { AlarmCounts } from '../../src/domain/normalizer/diagnostics';
import type { QualityCounts } from '../../src/domain/normalizer/tally';
import type { StatusLine } from './status';

/**
 * What a person should know first: an active alarm, values that are bad, settings that are left out for as long as the
 * node runs with them, values that nobody has confirmed, else how many there are.
 * @param problems settings that cannot be used
 */
export function showQuality(
  status: StatusLine,
  { good, uncertain, bad }: QualityCounts,
  { critical, warning }: AlarmCounts,
  problems: number,
): void {
  const count = good + uncertain + bad;
  if (critical > 0) status.show('failed', 'critical', { count: critical });
  else if (bad > 0) status.show(bad < count ? 'partial' : 'failed', 'bad', { bad, count });
  else if (warning > 0) status.show('partial', warning === 1 ? 'alarm' : 'alarms', { count: warning });
  else if (problems > 0) status.show('partial', problems === 1 ? 'problem' : 'problems', { count, problems });
  else if (uncertain > 0) status.show('partial', 'uncertain', { uncertain });
  else status.show('ok', count === 1 ? 'metric' : 'metrics', { count });
}
