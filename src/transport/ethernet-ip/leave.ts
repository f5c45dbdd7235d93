import { delay, type Clock } from '../../support/clock';
import type { Pm500Error } from '../../support/errors';
import type { ForwardClose } from './forward-close';
import type { Session } from './session';

/** How long a target may take for all Forward Closes; what it has not closed by then times out by itself. */
const FORWARD_CLOSE_WAIT_MS = 500;

/**
 * Closes connections in order, then leaves the session. A session that waits for a reply is left at once: behind a
 * request that is not answered no Forward Close would be either.
 */
export async function leaveInOrder(
  session: Session,
  connections: readonly ForwardClose[],
  error: Pm500Error,
  clock: Clock,
): Promise<void> {
  if (session.lost === undefined && !session.busy && connections.length > 0) {
    const controller = new AbortController();
    const closed = Promise.allSettled(connections.map((connection) => session.closeConnection(connection)));
    await Promise.race([closed, delay(clock, FORWARD_CLOSE_WAIT_MS, controller.signal)]);
    controller.abort();
  }
  await session.leave(error);
}
