import type { Node, NodeAPI } from 'node-red';
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

/** The log lines of what all nodes share, told by Node-RED itself. */
export function processLogger(RED: Pick<NodeAPI, 'log'>): Logger {
  return {
    debug: (message) => {
      RED.log.debug(message);
    },
    info: (message) => {
      RED.log.info(message);
    },
    warn: (message) => {
      RED.log.warn(message);
    },
    error: (message) => {
      RED.log.error(message);
    },
  };
}
