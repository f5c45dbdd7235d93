import type { AlarmCounts } from '../../src/domain/normalizer/diagnostics';
import type { Silence } from '../../src/domain/normalizer/normalizer-set';
import type { Concerns } from '../../src/domain/normalizer/tally';
import type { StatusLine } from '../shared/status';

/** How all meters of a node are. */
export interface MetersStanding {
  /** Of the last value of every metric. */
  readonly concerns: Concerns;
  readonly alarms: AlarmCounts & { readonly unjudged: number };
  readonly silence: Silence;
  /** How many counters a person is asked about. */
  readonly openQuestions: number;
}

/**
 * What a person should know first: an active alarm, readings that no longer come, a counter that waits for an answer,
 * values that are bad, a layout that is the wrong one, meters that are silent, alarms that cannot be judged, settings that are left out for as long as the node
 * runs with them, values that are uncertain for another reason, a layout that nobody has confirmed, else how many there
 * are. Green is only what needs nobody.
 * @param problems settings that cannot be used
 */
export function showQuality(
  status: StatusLine,
  { concerns, alarms, silence, openQuestions }: MetersStanding,
  problems: number,
): void {
  const { count, bad, uncertain, unconfirmed, contradicted } = concerns;
  const { critical, warning, unjudged } = alarms;
  if (critical > 0) status.show('failed', 'critical', { count: critical });
  else if (silence.whole > 0 && silence.whole === silence.meters) status.show('partial', 'silent');
  else if (openQuestions > 0) status.show('partial', 'question');
  else if (bad > 0) status.show(bad < count ? 'partial' : 'failed', 'bad', { bad, count });
  else if (contradicted > 0) status.show('partial', 'contradicted', { count: contradicted });
  else if (warning > 0) status.show('partial', warning === 1 ? 'alarm' : 'alarms', { count: warning });
  else if (silence.whole > 0) status.show('partial', 'someSilent', { count: silence.whole });
  else if (silence.part > 0) status.show('partial', 'partSilent');
  else if (unjudged > 0) status.show('partial', 'unjudged', { count: unjudged });
  else if (problems > 0) status.show('partial', problems === 1 ? 'problem' : 'problems', { count, problems });
  else if (uncertain > 0) status.show('partial', 'uncertain', { uncertain });
  else if (unconfirmed > 0) status.show('partial', 'unconfirmed', { count: unconfirmed });
  else status.show('ok', count === 1 ? 'metric' : 'metrics', { count });
}
