import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { systemClock, type Clock } from '../../src/support/clock';
import { toPm500Error, type ErrorCode, type Pm500Error } from '../../src/support/errors';
import { SettingsErrors } from './settings-errors';

export type Send = (message: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** What a node does with one message. The message counts as handled when the promise resolves. */
export type InputHandler = (message: NodeMessageInFlow, send: Send) => Promise<void> | void;

/** Errors that come with every message until a person changes a setting; a device ID is the name of a meter. */
const OF_SETTINGS: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'MAPPING_UNAVAILABLE',
  'SIMULATOR_BIND_FAILED',
  'SPARKPLUG_ID_INVALID',
];

/**
 * Handles messages so that `done` is called once for each, with the error where there was one, and no promise is left
 * without a catch. What a wrong setting does to every message is told once a minute, with how many there were.
 * @param onError told of every failure before `done`, to show it in the status
 */
export function onInput(
  node: Node,
  handle: InputHandler,
  onError: (error: Pm500Error) => void = () => undefined,
  clock: Clock = systemClock,
): void {
  const ofSettings = new SettingsErrors(clock);
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
        if (OF_SETTINGS.includes(error.code)) ofSettings.add(error, done);
        else done(error);
      },
    );
  });
  node.on('close', () => {
    ofSettings.close();
  });
}
