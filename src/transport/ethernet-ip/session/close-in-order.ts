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
  const controller = new AbortController();
  const closed = Promise.allSettled([
    session.whenOpened(),
    ...closes.map((connection) => session.closeConnection(connection)),
  ]);
  await Promise.race([closed, delay(clock, FORWARD_CLOSE_WAIT_MS, controller.signal)]);
  controller.abort();
}
