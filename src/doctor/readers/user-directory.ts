import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isRecord, type UnknownRecord } from '../../support/expect';
import { parseJson, readRegularFile } from '../../support/read-text-file';
import type { DirectoryFacts, FileAccess, LetterFile, Palette } from '../facts';
import { foldersNotWritable } from './writable';

const PERMISSIONS = 0o777;
const MOST_JSON_BYTES = 20_000_000;
/** Entries of one folder that are looked at. */
const MOST_ENTRIES = 10_000;

const OWN_PACKAGE = '@pm500/node-red-powermonitor';

function accessOf(path: string): FileAccess {
  const { mode, uid } = statSync(path);
  return { path, mode: mode & PERMISSIONS, owner: uid };
}

/** Names in a folder; none where there is no such folder. @throws Error where it cannot be read */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, MOST_ENTRIES);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw thrown;
  }
}

export function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}

/** The system does not let this user in. */
export function isRefused(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EACCES' || thrown.code === 'EPERM');
}

/** Of the paths, those that are there. */
function existing(paths: readonly string[]): readonly FileAccess[] {
  return paths.flatMap((path) => {
    try {
      return [accessOf(path)];
    } catch (thrown) {
      if (isMissing(thrown)) return [];
      throw thrown;
    }
  });
}

/** Where Node-RED keeps the credentials of a flow file: in the user directory, wherever the flow file itself is. */
export function credentialsPathOf(userDirectory: string, flowFile: string): string {
  const extension = extname(flowFile);
  return join(userDirectory, `${basename(flowFile, extension)}_cred${extension}`);
}

/** A JSON file of the user directory. @throws Error in a few words */
export function readJsonFile(path: string): unknown {
  return parseJson(readRegularFile(path, MOST_JSON_BYTES).toString());
}

/** What Node-RED and this package keep in it. @throws Error in a few words */
export function readDirectory(path: string, flowFile: string): DirectoryFacts {
  const access = accessOf(path);
  // Readable, not only there.
  const names = readdirSync(path);
  const own = join(path, 'pm500');
  const credentials = basename(credentialsPathOf(path, flowFile));
  const secretNames = [
    ...['settings.js', '.config.runtime.json', '.config.runtime.json.backup'],
    // Node-RED keeps what was there before the last deployment, and the sessions of who is logged in.
    ...[credentials, `.${credentials}.backup`, '.sessions.json'],
  ];
  const kept = namesIn(own);
  const deeper = ['outbox', 'outbox-absent', 'refused'].flatMap((name) =>
    namesIn(join(own, name)).map((entry) => join(own, name, entry)),
  );
  const files = [...names.map((name) => join(path, name)), ...kept.map((name) => join(own, name))];
  const times = files.flatMap((file) => {
    try {
      return [statSync(file).mtimeMs];
    } catch {
      return [];
    }
  });
  return {
    path,
    access,
    secretFiles: existing(secretNames.map((name) => join(path, name))),
    ownFiles: existing([own, ...kept.map((name) => join(own, name)), ...deeper]),
    unwritable: foldersNotWritable([path, own, ...['outbox', 'refused'].map((name) => join(own, name)), ...deeper]),
    damagedStates: kept.filter((name) => /\.damaged-\d+$/.test(name)).map((name) => join(own, name)),
    newestMs: Math.max(0, ...times),
  };
}

const recordIn = (value: unknown, name: string): UnknownRecord => {
  const found = isRecord(value) ? value[name] : undefined;
  return isRecord(found) ? found : {};
};

/** What Node-RED wrote down of the nodes that it found when it started. @throws Error in a few words */
export function readPalette(userDirectory: string): Palette {
  const modules = readJsonFile(join(userDirectory, '.config.nodes.json'));
  if (!isRecord(modules)) throw new Error('it holds something else');
  const types = new Set<string>();
  const disabledTypes = new Set<string>();
  for (const name of Object.keys(modules)) {
    for (const set of Object.values(recordIn(modules[name], 'nodes'))) {
      const list: unknown = isRecord(set) ? set['types'] : undefined;
      const isEnabled = isRecord(set) && set['enabled'] !== false;
      for (const type of Array.isArray(list) ? (list as readonly unknown[]) : []) {
        if (typeof type === 'string') (isEnabled ? types : disabledTypes).add(type);
      }
    }
  }
  const versionOf = (name: string): string | undefined => {
    const version = recordIn(modules, name)['version'];
    return typeof version === 'string' ? version : undefined;
  };
  const own = versionOf(OWN_PACKAGE);
  const nodeRed = versionOf('node-red');
  if (nodeRed === undefined) throw new Error('it does not tell the version of Node-RED');
  return { nodeRed, ...(own === undefined ? {} : { own }), types, disabledTypes };
}

/** Files of refused records that are not empty. */
export function readLetters(userDirectory: string): readonly LetterFile[] {
  const folder = join(userDirectory, 'pm500', 'refused');
  return namesIn(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, bytes: statSync(path).size }))
    .filter(({ bytes }) => bytes > 0);
}

/** A text that may be missing. */
export function readIfThere(path: string): string | undefined {
  try {
    return readRegularFile(path, MOST_JSON_BYTES).toString();
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
