import type { Node } from 'node-red';
import type { Logger } from '../../src/support/logger';

/** The library's log lines, told by a node under its name. */
export function nodeLogger(node: Node): Logger {
  return {
    debug: (message) => {
      node.debug(message);
    },
    info: (message) => {
      node.log(message);
    },
    warn: (message) => {
      node.warn(message);
    },
    error: (message) => {
      node.error(message);
    },
  };
}
