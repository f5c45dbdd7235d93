import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { toPm500Error, type Pm500Error } from '../../src/support/errors';

export type Send = (message: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** What a node does with one message. The message counts as handled when the promise resolves. */
export type InputHandler = (message: NodeMessageInFlow, send: Send) => Promise<void> | void;

/**
 * Handles messages so that `done` is called exactly once for each, with the error where there was one, and no promise
 * is left without a catch.
 * @param onError told of every failure before `done`, to show it in the status
 */
export function onInput(
  node: Node,
  handle: InputHandler,
  onError: (error: Pm500Error) => void = () => undefined,
): void {
  node.on('input', (message, send, done) => {
    const run = async (): Promise<void> => {
      await handle(message, send);
    };
    run().then(
      () => {
        done();
      },
      (thrown: unknown) => {
        const error = toPm500Error(thrown);
        onError(error);
        done(error);
      },
    );
  });
}
