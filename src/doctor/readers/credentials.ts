import { createDecipheriv, createHash } from 'node:crypto';
import { join } from 'node:path';
import { isRecord } from '../../support/expect';
import type { CredentialsFile } from '../facts';
import { credentialsPathOf, isMissing, readJsonFile } from './user-directory';

/** Secrets of the nodes by id. They stay in this process. */
export type SecretsOfNodes = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface OpenedCredentials {
  /** Absent where there is no such file. */
  readonly file?: CredentialsFile;
  /** Absent where they could not be opened. */
  readonly secrets?: SecretsOfNodes;
}

/** How Node-RED encrypts: AES-256 in counter mode; 32 hexadecimal digits of the first block, then Base64. */
const IV_DIGITS = 32;

/** Nothing, or what Node-RED replaces by a variable. */
const HARMLESS = /^(?:\$\{[^{}]+\}|\$\([^()]+\))?$/;

function decrypt(text: string, key: string): unknown {
  const digest = createHash('sha256').update(key).digest();
  const cipher = createDecipheriv('aes-256-ctr', digest, Buffer.from(text.slice(0, IV_DIGITS), 'hex'));
  return JSON.parse(cipher.update(text.slice(IV_DIGITS), 'base64', 'utf8') + cipher.final('utf8'));
}

function secretsIn(parsed: unknown): SecretsOfNodes {
  const nodes = isRecord(parsed) ? Object.entries(parsed) : [];
  return new Map(
    nodes.map(([id, secrets]) => {
      const entries = isRecord(secrets) ? Object.entries(secrets) : [];
      return [
        id,
        Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
      ];
    }),
  );
}

/** The key that Node-RED made where the settings have none. */
function generatedKey(userDirectory: string): string | undefined {
  try {
    const kept = readJsonFile(join(userDirectory, '.config.runtime.json'));
    const key = isRecord(kept) ? kept['_credentialSecret'] : undefined;
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens the credentials of the flows as Node-RED does.
 * @param secret of the settings; undefined where they have none
 * @throws Error in a few words where the file is there and cannot be read
 */
export function openCredentials(
  userDirectory: string,
  flowFile: string,
  secret: string | undefined,
): OpenedCredentials {
  const path = credentialsPathOf(userDirectory, flowFile);
  let parsed: unknown;
  try {
    parsed = readJsonFile(path);
  } catch (thrown) {
    if (isMissing(thrown)) return { secrets: new Map() };
    throw thrown;
  }
  const encrypted = isRecord(parsed) ? parsed['$'] : undefined;
  if (typeof encrypted !== 'string') {
    const secrets = secretsIn(parsed);
    // Names of variables are no secrets: the stack comes with them, and Node-RED encrypts them when it is deployed.
    const isOpen = [...secrets.values()].some((each) => Object.values(each).some((text) => !HARMLESS.test(text)));
    return { file: { path, isEncrypted: isRecord(parsed) && !isOpen, isOpened: true }, secrets };
  }
  const key = secret ?? generatedKey(userDirectory);
  try {
    if (key === undefined) throw new Error('no key');
    const opened = decrypt(encrypted, key);
    return { file: { path, isEncrypted: true, isOpened: true }, secrets: secretsIn(opened) };
  } catch {
    return { file: { path, isEncrypted: true, isOpened: false } };
  }
}
