import type { AlarmCounts } from '../../src/domain/normalizer/diagnostics';
import type { QualityCounts } from '../../src/domain/normalizer/tally';
import type { StatusLine } from './status';

/**
 * What a person should know first: an active alarm, values that are bad, values that nobody has confirmed, else how many
 * there are.
 */
export function showQuality(
  status: StatusLine,
  { good, uncertain, bad }: QualityCounts,
  { critical, warning }: AlarmCounts,
): void {
  const count = good + uncertain + bad;
  if (critical > 0) status.show('failed', 'critical', { count: critical });
  else if (bad > 0) status.show(bad < count ? 'partial' : 'failed', 'bad', { bad, count });
  else if (warning > 0) status.show('partial', 'alarms', { count: warning });
  else if (uncertain > 0) status.show('partial', 'uncertain', { uncertain });
  else status.show('ok', 'metrics', { count });
}
