import { delay, type Clock } from '../../support/clock';
import type { ForwardClose } from './forward-close';
import type { Session } from './session';

/** How long a target may take for all Forward Closes; what it has not closed by then times out by itself. */
const FORWARD_CLOSE_WAIT_MS = 500;

/**
 * Closes connections in order; never fails. With a session that waits for a reply nothing is sent: behind a request that
 * is not answered no Forward Close would be either.
 */
export async function closeInOrder(
  session: Session,
  connections: readonly ForwardClose[],
  clock: Clock,
): Promise<void> {
  if (session.lost !== undefined || session.busy || connections.length === 0) return;
  const controller = new AbortController();
  const closed = Promise.allSettled(connections.map((connection) => session.closeConnection(connection)));
  await Promise.race([closed, delay(clock, FORWARD_CLOSE_WAIT_MS, controller.signal)]);
  controller.abort();
}
