import { delay, type Clock } from '../../../support/clock';
import type { ForwardClose } from '../wire/forward-close';
import type { ConnectionSession } from './lasting-session';

/** How long a target may take for all Forward Closes; what it has not closed by then times out by itself. */
const FORWARD_CLOSE_WAIT_MS = 500;

/**
 * Closes connections in order, and what the target grants meanwhile; never fails. With a session that waits for the reply
 * to a read nothing is sent: behind a request that is not answered no Forward Close would be either.
 */
export async function closeInOrder(
  session: ConnectionSession,
  connections: readonly ForwardClose[],
  clock: Clock,
): Promise<void> {
  if (session.lost !== undefined) return;
  const closes = session.busy && !session.opens ? [] : connections;
  if (closes.length === 0 && !session.opens) return;
  const closed = Promise.allSettled([
    session.whenOpened(),
    ...closes.map((connection) => session.closeConnection(connection)),
  ]);
  await inTime(closed, clock);
}

/**
 * Whether the target answers and knows a connection no more, which closes it if it does: it was switched off, or has heard
 * nothing of us for too long, and then it has forgotten what was opened with that one, too. Never fails.
 */
export async function isForgotten(
  session: ConnectionSession,
  connection: ForwardClose,
  clock: Clock,
): Promise<boolean> {
  if (session.lost !== undefined || session.busy) return false;
  const isKnown = session.closeConnection(connection).catch(() => true);
  return (await inTime(isKnown, clock)) === false;
}

/** What comes of `waiting`; undefined when it takes too long. */
async function inTime<Result>(waiting: Promise<Result>, clock: Clock): Promise<Result | undefined> {
  const controller = new AbortController();
  const late = delay(clock, FORWARD_CLOSE_WAIT_MS, controller.signal).then(() => undefined);
  const result = await Promise.race([waiting, late]);
  controller.abort();
  return result;
}
