import type { NodeAPI } from 'node-red';
import { Pm500Error } from '../../src/support/errors';
import type { NodeType } from './defaults';

/** What a core `tls-config` node holds, as Node's TLS takes it. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  readonly ALPNProtocols?: readonly string[];
}

interface TlsConfigNode {
  addTLSOptions(options: object): TlsOptions;
}

function isTlsConfigNode(candidate: unknown): candidate is TlsConfigNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'addTLSOptions' in candidate &&
    typeof candidate.addTLSOptions === 'function'
  );
}

/**
 * The options of a core `tls-config` node; undefined when none is chosen.
 * @param type of the node that chose it
 * @throws Pm500Error CONFIG_INVALID when the chosen one is missing
 */
export function readTlsOptions(RED: NodeAPI, type: NodeType, id: string): TlsOptions | undefined {
  if (id === '') return undefined;
  const candidate: unknown = RED.nodes.getNode(id);
  if (isTlsConfigNode(candidate)) return candidate.addTLSOptions({});
  throw new Pm500Error(
    'CONFIG_INVALID',
    `${type}: tls names a configuration node that is missing; choose one in the settings of the node.`,
  );
}
