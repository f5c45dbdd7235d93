import type { AlarmCounts } from '../../src/domain/normalizer/diagnostics';
import type { Concerns } from '../../src/domain/normalizer/tally';
import type { StatusLine } from './status';

/** What waits for a person. */
interface Attention {
  readonly alarms: AlarmCounts & { readonly unjudged: number };
  readonly openQuestions: number;
}

/**
 * What a person should know first: an active alarm, a counter that waits for an answer, values that are bad, alarms that cannot be judged, settings that are
 * left out for as long as the node runs with them, a layout that nobody has confirmed, values that are uncertain for another
 * reason, else how many there are. Green is only what needs nobody.
 * @param problems settings that cannot be used
 */
export function showQuality(
  status: StatusLine,
  { count, bad, uncertain, unconfirmed }: Concerns,
  { alarms: { critical, warning, unjudged }, openQuestions }: Attention,
  problems: number,
): void {
  if (critical > 0) status.show('failed', 'critical', { count: critical });
  else if (openQuestions > 0) status.show('partial', 'question');
  else if (bad > 0) status.show(bad < count ? 'partial' : 'failed', 'bad', { bad, count });
  else if (warning > 0) status.show('partial', warning === 1 ? 'alarm' : 'alarms', { count: warning });
  else if (unjudged > 0) status.show('partial', 'unjudged', { count: unjudged });
  else if (problems > 0) status.show('partial', problems === 1 ? 'problem' : 'problems', { count, problems });
  else if (uncertain > 0) status.show('partial', 'uncertain', { uncertain });
  else if (unconfirmed > 0) status.show('partial', 'unconfirmed', { count: unconfirmed });
  else status.show('ok', count === 1 ? 'metric' : 'metrics', { count });
}
