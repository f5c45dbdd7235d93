import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installationIn, installInto } from '../../testkit/node-red/installed-node-red';
import { nodeRedProgram, type Installation } from '../../testkit/node-red/node-red';

/** A Node-RED and the Node.js that runs it. */
export interface Row {
  /** Major and minor version. */
  readonly nodeRed: string;
  /** Major version. */
  readonly node: string;
}

/** What is promised to work, oldest first. */
const MATRIX: readonly Row[] = [
  { nodeRed: '4.1', node: '20' },
  { nodeRed: '5.0', node: '22' },
  { nodeRed: '5.0', node: '24' },
];

/** Set to `all` for the whole matrix; else the newest row alone is tried, which the other tests do not run on. */
export const WHICH_ROWS = 'PM500_COMPAT';

/** The rows of this run. What was chosen stands in the names of the tests, so that nobody takes one row for all. */
export function chosenRows(): readonly Row[] {
  return process.env[WHICH_ROWS] === 'all' ? MATRIX : MATRIX.slice(-1);
}

/**
 * Gives a row's programs: those of this project where they are the ones, else from the npm registry.
 * @param folder where they are installed
 * @throws Error with what npm said, where a program is not to be had: a row is never passed over
 */
export function prepare({ nodeRed, node }: Row, folder: string): Installation {
  mkdirSync(folder, { recursive: true });
  const isOwnNode = process.versions.node.startsWith(`${node}.`);
  const isOwnNodeRed = nodeRed === '4.1';
  const wanted = [...(isOwnNodeRed ? [] : [`node-red@~${nodeRed}.0`]), ...(isOwnNode ? [] : [`node@${node}`])];
  if (wanted.length > 0) installInto(folder, wanted);
  const installed = installationIn(folder);
  return {
    node: isOwnNode ? process.execPath : installed.node,
    program: isOwnNodeRed ? nodeRedProgram() : installed.program,
  };
}

/** A user folder below a folder. */
export function userDirIn(folder: string, name: string): string {
  const userDir = join(folder, name);
  mkdirSync(userDir);
  return userDir;
}
