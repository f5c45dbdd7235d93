import type { Node, NodeAPI, NodeDef } from 'node-red';
import { systemClock, type Clock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { ConfigReader, noteRefused } from './config';
import type { NodeType } from './forms';
import { addTroubles } from './overview';
import { SettingsErrors } from './settings-errors';
import { StatusLine } from './status';

/**
 * Starts a node: hands its checked configuration to `start`. When that throws (a wrong property, a file that cannot be
 * read) the node turns red with the catalog's `status.invalid`, says why once in the log, and answers messages with the
 * same sentence: the first, then one a minute, with how many there were. Nothing thrown here reaches Node-RED.
 */
export function startNode<Type extends NodeType>(
  RED: NodeAPI,
  node: Node,
  type: Type,
  definition: NodeDef,
  start: (config: ConfigReader<Type>, status: StatusLine) => void,
  clock: Clock = systemClock,
): void {
  RED.nodes.createNode(node, definition);
  const status = new StatusLine(RED, node);
  try {
    start(new ConfigReader(type, definition), status);
  } catch (thrown) {
    const error = toPm500Error(thrown);
    if (error.code !== 'INTERNAL') noteRefused(node);
    status.show('failed', 'invalid');
    node.error(error.message);
    const name = node.name === undefined || node.name === '' ? type : node.name;
    const forget = addTroubles(() => [{ node: node.id, kind: 'settings', name, sentence: error.sentence }]);
    const errors = new SettingsErrors(clock);
    node.on('input', (_message, _send, done) => {
      errors.add(error, done);
    });
    node.on('close', () => {
      forget();
      errors.close();
    });
  }
}
