import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readRegularFile } from '../../support/read-text-file';
import type { ServiceUnit } from '../facts';
import { LOOK_WORDS, seen, unseen, type Looked } from '../looked';

/** Where units are, those of the administrator first. */
const UNIT_FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const MOST_UNIT_BYTES = 1_000_000;
const NAME = /^(pm500-)?node-?red\w*\.service$/;

/** Dependencies add up, and nothing takes one back. */
const DEPENDENCIES: readonly string[] = ['After', 'Before', 'Wants', 'Requires', 'WantedBy', 'RequiredBy'];
/** These add up, too, until an empty value. */
const LISTS: readonly string[] = [...DEPENDENCIES, 'Environment', 'EnvironmentFile', 'ExecStartPre'];

/** Value of each key as systemd takes it, with the drop-ins of the unit behind it; an empty one is that of no line. */
function valuesOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const line of texts.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const before = values.get(key);
    if (value !== '') values.set(key, before !== undefined && LISTS.includes(key) ? `${before} ${value}` : value);
    else if (!DEPENDENCIES.includes(key)) values.delete(key);
  }
  return Object.fromEntries(values);
}

/** Number of a user, given by its name or as that number. */
function numberOf(user: string, accounts: string): number | undefined {
  if (/^\d+$/.test(user)) return Number(user);
  const rows = existsSync(accounts) ? readRegularFile(accounts, MOST_UNIT_BYTES).toString().split('\n') : [];
  const [, , number] = rows.map((row) => row.split(':')).find(([name]) => name === user) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Text of a unit; none of one that was masked, which is a link to /dev/null. */
function readUnit(path: string): string {
  return realpathSync(path) === '/dev/null' ? '' : readRegularFile(path, MOST_UNIT_BYTES).toString();
}

/** Drop-ins in the order of their names, whichever folder they are in; of one name, that of the first folder. */
function dropIns(path: string, folders: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    const place = join(folder, `${basename(path)}.d`);
    if (!existsSync(place)) continue;
    for (const name of readdirSync(place).filter((each) => each.endsWith('.conf')))
      if (!byName.has(name)) byName.set(name, join(place, name));
  }
  return [...byName.keys()].sort().map((name) => readUnit(byName.get(name) ?? ''));
}

/**
 * The unit that runs Node-RED.
 * @param given its file; empty to look for it
 * @param accounts the file that has the numbers of users
 * @throws Error where it cannot be read
 */
export function readServiceUnit(
  given: string,
  folders: readonly string[] = UNIT_FOLDERS,
  accounts = '/etc/passwd',
): Looked<ServiceUnit> {
  const found =
    given === ''
      ? folders.flatMap((folder) =>
          existsSync(folder)
            ? readdirSync(folder)
                .filter((name) => NAME.test(name))
                .map((name) => join(folder, name))
            : [],
        )[0]
      : given;
  if (found === undefined) {
    const isContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
    return unseen(LOOK_WORDS.say(isContainer ? 'container' : 'noUnit'));
  }
  const own = dirname(found);
  const places = folders.includes(own) ? folders : [own, ...folders];
  const values = valuesOf([readUnit(found), ...dropIns(found, places)]);
  const isEnabled = places.some((folder) =>
    [...(values['WantedBy'] ?? '').split(/\s+/), 'multi-user.target', 'default.target'].some(
      (target) => target !== '' && existsSync(join(folder, `${target}.wants`, basename(found))),
    ),
  );
  const user = values['User'] === undefined ? undefined : numberOf(values['User'], accounts);
  return seen({ path: found, values, isEnabled, ...(user === undefined ? {} : { user }) });
}
