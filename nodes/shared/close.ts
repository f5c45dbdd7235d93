import type { Node } from 'node-red';
import { systemClock, type Clock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';

/** Node-RED gives a node 15 s to close; after this the rest is left to end on its own, and said. */
export const CLOSE_DEADLINE_MS = 12_000;

/**
 * Cleans up when the node is closed: once, however often Node-RED asks, and without ever holding up a deployment or
 * failing it.
 * @param cleanUp is told whether the node has been removed or is only started anew
 */
export function onClose(
  node: Node,
  cleanUp: (removed: boolean) => Promise<void> | void,
  clock: Clock = systemClock,
): void {
  let closing: Promise<void> | undefined;
  const start = async (removed: boolean): Promise<void> => {
    try {
      await cleanUp(removed);
    } catch (thrown) {
      node.warn(`Closing was not clean: ${toPm500Error(thrown).message}`);
    }
  };
  node.on('close', (removed: boolean, done: () => void) => {
    closing ??= start(removed);
    let finished = false;
    const finish = (): void => {
      if (finished) return;
      finished = true;
      deadline.cancel();
      done();
    };
    const deadline = clock.after(CLOSE_DEADLINE_MS, () => {
      node.warn(`Closing takes longer than ${CLOSE_DEADLINE_MS / 1000} s and goes on in the background.`);
      finish();
    });
    void closing.then(finish);
  });
}
