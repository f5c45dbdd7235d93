import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ServiceUnit } from '../facts';
import { seen, unseen, type Looked } from '../looked';

/** Where units are, those of the administrator first. */
const UNIT_FOLDERS = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const NAME = /^(pm500-)?node-?red\w*\.service$/;

/** Last value of each key, with the drop-ins of the unit behind it. */
function valuesOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const line of texts.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values[key] = value;
  }
  return values;
}

function dropIns(path: string, folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => {
    const place = join(folder, `${basename(path)}.d`);
    if (!existsSync(place)) return [];
    return readdirSync(place)
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => readFileSync(join(place, name), 'utf8'));
  });
}

/**
 * The unit that runs Node-RED.
 * @param given its file; empty to look for it
 * @throws Error where it cannot be read
 */
export function readServiceUnit(given: string, folders: readonly string[] = UNIT_FOLDERS): Looked<ServiceUnit> {
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
    return unseen(
      isContainer
        ? 'in a container the unit or the policy that starts it is not to be seen from inside'
        : 'no systemd unit of Node-RED was found; name it by --unit',
    );
  }
  const places = [...new Set([dirname(found), ...folders])];
  const values = valuesOf([readFileSync(found, 'utf8'), ...dropIns(found, places)]);
  const isEnabled = places.some((folder) =>
    [values['WantedBy'], 'multi-user.target', 'default.target'].some(
      (target) => target !== undefined && existsSync(join(folder, `${target}.wants`, basename(found))),
    ),
  );
  return seen({ path: found, values, isEnabled });
}
