import type { Delivery } from '../../src/delivery/delivery';
import { totalLoss } from '../../src/delivery/stats';
import { hasCode } from '../../src/support/errors';
import type { StatusLine } from './status';

/** A count with its digits in groups of three. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US').replaceAll(',', ' ');
}

/** What else there is to show of a sink that delivers, or would. */
export interface SinkNotice {
  /** Calls `listener` when there is something else to show, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
  /** @returns true where it has shown something */
  readonly show: (status: StatusLine) => boolean;
}

/** Shows how delivery to a sink goes; before the first record, whether it would go. What was lost stays shown. */
export function showDelivery(
  status: StatusLine,
  { stats, health }: Pick<Delivery, 'stats' | 'health'>,
  notice?: SinkNotice,
): void {
  const { state, waiting, written, problem, refused } = stats;
  const lost = totalLoss(stats);
  const isWell = state === 'idle' || state === 'sending';
  const of = (records: number): { readonly records: string } => ({ records: grouped(records) });
  if (state !== 'closed' && problem !== undefined) {
    status.show('failed', hasCode(problem, 'OUTBOX_WRITE_FAILED') ? 'outboxFailed' : 'outboxUnavailable');
  } else if (state !== 'closed' && lost > 0) status.show(isWell ? 'partial' : 'failed', 'lost', of(lost));
  else if (state === 'held') status.show('failed', 'held', of(waiting.records));
  else if (state === 'retrying') status.show('partial', 'waiting', of(waiting.records));
  else if (state === 'closed') status.clear();
  else if (notice?.show(status) === true) return;
  else if (refused > 0) status.show('partial', 'refusedRecords', of(refused));
  else if (written > 0) status.show('ok', 'written', of(written));
  else if (health?.healthy === false) status.show('failed', health.problem === 'refused' ? 'unwelcome' : 'unreachable');
  else status.show('idle', 'ready');
}
