import type { NodeAPI } from 'node-red';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import { MOST_PEM_BYTES, readRegularFile } from '../../src/support/read-text-file';
import type { TlsSettings } from '../../src/support/tls-settings';
import type { NodeType } from './forms';

/** What a core `tls-config` node holds, as Node's TLS takes it. */
export interface TlsOptions extends TlsSettings {
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

/** Properties of the core `tls-config` node that name files, which it reads when it is deployed and never again. */
const TLS_FILES = ['ca', 'cert', 'key'] as const;
type TlsFiles = Partial<Record<(typeof TLS_FILES)[number], Buffer>>;
/** What Node-RED replaces when a flow starts; such a path is left to the `tls-config` node itself. */
const VARIABLE = '${';

/**
 * The options of a core `tls-config` node with its files as they are now, so that a renewed certificate counts without a
 * deployment; undefined when none is chosen.
 * @param type of the node that chose it
 * @param code of the error when a file cannot be read
 * @throws Pm500Error CONFIG_INVALID when the chosen one is missing; `code`
 */
export function readTlsOptions(RED: NodeAPI, type: NodeType, id: string, code: ErrorCode): TlsOptions | undefined {
  if (id === '') return undefined;
  const candidate: unknown = RED.nodes.getNode(id);
  if (isTlsConfigNode(candidate)) return { ...candidate.addTLSOptions({}), ...readTlsFiles(RED, id, code) };
  throw new Pm500Error(
    'CONFIG_INVALID',
    `${type}: tls names a configuration node that is missing or not deployed; choose one in the settings of the node, or deploy it first.`,
  );
}

function readTlsFiles(RED: NodeAPI, id: string, code: ErrorCode): TlsFiles {
  const files: TlsFiles = {};
  RED.nodes.eachNode((definition) => {
    if (definition.id !== id || !isRecord(definition)) return;
    for (const name of TLS_FILES) {
      const path = definition[name];
      if (typeof path === 'string' && path.trim() !== '' && !path.includes(VARIABLE)) {
        files[name] = readTlsFile(path.trim(), code);
      }
    }
  });
  return files;
}

function readTlsFile(path: string, code: ErrorCode): Buffer {
  try {
    return readRegularFile(path, MOST_PEM_BYTES);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const sentence = `The TLS file ${path} cannot be read (${reason}); correct it in the TLS settings.`;
    throw new Pm500Error(code, sentence, { cause: thrown, retryable: true });
  }
}
