import { execFileSync } from 'node:child_process';
import { copyFileSync, lchownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startProcess, type RunningProcess } from './processes';
import { findProgram } from './programs';
import { ROOT } from '../root';

/** A user that owns nothing. */
const NOBODY = 65534;

/** Settings of a unit file in order; one that stands twice is there twice. */
export type UnitSettings = readonly (readonly [name: string, value: string])[];

/**
 * Reads a unit file as systemd does: sections, comments, lines that go on after a backslash.
 * @throws Error where a line is none of these
 */
export function readUnit(text: string): ReadonlyMap<string, UnitSettings> {
  const sections = new Map<string, [string, string][]>();
  let section: [string, string][] | undefined;
  // A comment within a continued value is left out, as in systemd.
  for (const line of text.replaceAll(/\\\n(?:\s*#.*\n)*\s*/g, ' ').split('\n')) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) sections.set(name, (section = sections.get(name) ?? []));
    else if (key !== '' && section !== undefined) section.push([key, value.trim()]);
    else throw new Error(`No line of a unit: ${line}`);
  }
  return sections;
}

/** The values of one setting of a section. */
export function valuesOf(unit: ReadonlyMap<string, UnitSettings>, section: string, name: string): readonly string[] {
  return (unit.get(section) ?? []).filter(([key]) => key === name).map(([, value]) => value);
}

export const unitText = (name: string): string => readFileSync(join(ROOT, 'deploy/systemd', name), 'utf8');

export interface UnitPlace {
  /** What stands in for folders and addresses of the unit, by what the unit says; the longest first. */
  readonly instead: Readonly<Record<string, string>>;
  readonly ready: (output: string) => boolean | Promise<boolean>;
  readonly env?: Readonly<Record<string, string>>;
  /** Its folder of state, where it has one. */
  readonly state?: string;
  /** Folder for its credentials. */
  readonly credentials: string;
}

/** True when every user can get into the repository; one in a private folder is run by its owner alone. */
function isOpenToAll(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpenToAll(dirname(folder)));
}

/** Starts the very command of a service unit, with its credentials and environment, without systemd and its sandbox. */
export async function startUnit(name: string, place: UnitPlace): Promise<RunningProcess> {
  const adapt = (text: string): string =>
    Object.entries(place.instead)
      .sort(([one], [other]) => other.length - one.length)
      .reduce((adapted, [from, to]) => adapted.replaceAll(from, to), text);
  const unit = readUnit(unitText(name));
  const of = (key: string): readonly string[] => valuesOf(unit, 'Service', key).map(adapt);
  mkdirSync(place.credentials, { recursive: true });
  for (const credential of of('LoadCredential')) {
    const [id = '', path = ''] = credential.split(':');
    copyFileSync(path, join(place.credentials, id));
  }
  const environment = of('Environment').flatMap((words) => words.split(' '));
  for (const file of of('EnvironmentFile'))
    environment.push(
      ...readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^\w+=/.test(line)),
    );
  const variables = Object.fromEntries(
    environment.map((word): [string, string] => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]),
  );
  // A user of its own, as DynamicUser gives it one, where that one can read the programs.
  const as: string[] = [];
  if (process.getuid?.() === 0 && of('DynamicUser').includes('yes') && isOpenToAll(ROOT)) {
    as.push(findProgram('setpriv'), `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups');
    const owned = [place.credentials, ...(place.state === undefined ? [] : [place.state])];
    for (const folder of owned) {
      // Of systemd: all in a folder gets the owner when the folder itself had another one.
      if (statSync(folder).uid !== NOBODY) execFileSync('chown', ['-hR', `${NOBODY}:${NOBODY}`, `${folder}/`]);
      for (const name of readdirSync(folder)) lchownSync(join(folder, name), NOBODY, NOBODY);
    }
  }
  const [command = ''] = of('ExecStart');
  const [cwd] = of('WorkingDirectory');
  // Words, and quotes around some of them, are as in a shell; a doubled dollar sign is one.
  const script = `exec ${as.join(' ')} ${command.replaceAll('$$', '$').replace(/^\S+/, (path) => findProgram(path.split('/').at(-1) ?? ''))}`;
  return startProcess({
    name,
    command: '/bin/sh',
    args: ['-c', script],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...variables, CREDENTIALS_DIRECTORY: place.credentials, ...place.env },
    ready: place.ready,
    readyTimeoutMs: 60_000,
  });
}
