import { dirname, join, resolve } from 'node:path';
import { sentences, type Sentence } from '../../support/sentence';
import { ofModes, sightOne, sightWhole, type DoctorCheck, notLookedAt, type Sighting } from '../check';
import type { FileAccess, ServiceUnit, SiteFacts } from '../facts';
import { LOOK_WORDS } from '../looked';
import { isAtLeast } from '../versions';

const OTHERS_WRITE = 0o022;
const OTHERS_READ = 0o077;
/** `node-red.version` of package.json, and the line after the newest that is tested. */
const OLDEST_NODE_RED = '4.0.0';
const UNTESTED_NODE_RED = '6.0.0';
/** Types that belong to Node-RED itself and to no module. */
const BUILT_IN: readonly string[] = ['tab', 'subflow', 'group', 'global-config', 'junction', 'unknown'];

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
const tellAccess = ({ path, mode }: FileAccess): string => `${path} has the mode ${octal(mode)}`;

/** What is found in the user directory. */
export const DIRECTORY_FINDINGS = sentences('doctorDirectory', {
  nodeRedOld: 'Node-RED is {version}, and {oldest} is the oldest that works.',
  nodeRedNew: 'Node-RED is {version}, which this version was not tested with.',
  otherVersion: 'Node-RED started with version {own} of this package, and this command is {version}.',
  notStarted: 'Node-RED started without this package, and this command is {version}.',
  notInstalled: 'Not installed: {types}.',
  switchedOff: 'Switched off: {types}.',
  othersWrite: '{path} has the mode {mode}: other users may change what Node-RED runs.',
  owner: '{path} belongs to user {owner}, and the folder to {other}.',
  readOnly: '{path} is on a disk that is mounted read-only.',
  notWritable: 'User {owner}, to whom {path} belongs, can write nothing there.',
  otherOwner: '{path} belongs to user {owner}, and {unit} runs Node-RED as user {user}.',
  othersRead: '{path} has the mode {mode}: other users can read its secrets.',
  damaged: '{path} could not be read at a start and was set aside.',
});
const { say } = DIRECTORY_FINDINGS;

/**
 * Folders that take no file: the user directory where that one alone does not, or else all of them. Without pm500 in it that one would
 * have to be made. Of a folder that belongs to another user nobody knows what that one may.
 */
function lookForWriting(facts: SiteFacts, which: 'top alone' | 'kept'): Sighting {
  const looked = ofModes(facts, facts.directory);
  if ('unseen' in looked) return notLookedAt(looked);
  const { access, ownFiles, unwritable } = looked.seen;
  const hasOwn = ownFiles.some(({ path }) => path === join(access.path, 'pm500'));
  const isTopAlone = hasOwn && unwritable.every(({ path }) => path === access.path);
  const concerned = isTopAlone === (which === 'top alone') ? unwritable : [];
  const mine = concerned.filter(({ isReadOnly, owner }) => isReadOnly || owner === facts.ownUser);
  const unseen = concerned
    .filter((each) => !mine.includes(each))
    .map(({ path, owner }) => LOOK_WORDS.say('otherUser', { user: facts.ownUser ?? 0, path, owner }));
  const findings = mine.map(({ path, owner, isReadOnly }) =>
    isReadOnly ? say('readOnly', { path }) : say('notWritable', { path, owner }),
  );
  return { findings, unseen, seen: access.path };
}

/** Whether a unit runs this user directory: one that says nothing of where it is can be that of another, but seldom. */
function runs({ values, isEnabled }: ServiceUnit, directory: string): boolean {
  if (!isEnabled) return false;
  const path = resolve(directory);
  const lines = `${values['ExecStart'] ?? ''}\n${values['Environment'] ?? ''}`;
  const [, given] = /(?:--userDir[ =]|\s-u |\bUSER_DIR=)["']?([^\s"']+)/.exec(lines) ?? [];
  if (given !== undefined) return resolve(given) === path;
  // Without it Node-RED takes .node-red in the home of its user, where units of others let it work.
  const works = values['WorkingDirectory'];
  return works === undefined || [path, dirname(path)].includes(resolve(works));
}

/** The user directory where it belongs to another user than that of the unit that runs it. */
function ofOtherUnit({ path, owner, mode }: FileAccess, { unit }: SiteFacts): readonly Sentence[] {
  if (!('seen' in unit) || !runs(unit.seen, path) || (mode & OTHERS_WRITE) !== 0) return [];
  const { user, path: of } = unit.seen;
  return user === undefined || user === 0 || user === owner ? [] : [say('otherOwner', { path, owner, unit: of, user })];
}

/** What Node-RED runs, and what it keeps. */
export const DIRECTORY_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'node-red-version',
    area: 'user directory',
    severity: 'critical',
    title: 'Node-RED is one that this package runs in',
    looksAt: 'version that Node-RED left in .config.nodes.json',
    remedy: `Update Node-RED to ${OLDEST_NODE_RED} or newer.`,
    docs: 'docs/stack.md',
    look: ({ palette }) =>
      sightOne(
        palette,
        ({ nodeRed }) =>
          isAtLeast(nodeRed, OLDEST_NODE_RED) ? [] : [say('nodeRedOld', { version: nodeRed, oldest: OLDEST_NODE_RED })],
        ({ nodeRed }) => `Node-RED ${nodeRed}`,
      ),
  },
  {
    id: 'node-red-tested',
    area: 'user directory',
    severity: 'notice',
    title: 'Node-RED is one that this package was tested with',
    looksAt: 'version that Node-RED left in .config.nodes.json',
    remedy: 'Look for a newer version of this package before something shows that nobody tried.',
    docs: 'docs/stack.md',
    look: ({ palette }) =>
      sightOne(
        palette,
        ({ nodeRed }) => (isAtLeast(nodeRed, UNTESTED_NODE_RED) ? [say('nodeRedNew', { version: nodeRed })] : []),
        ({ nodeRed }) => `Node-RED ${nodeRed}`,
      ),
  },
  {
    id: 'package-version',
    area: 'user directory',
    severity: 'warning',
    title: 'Node-RED runs this version of the package',
    looksAt: 'version that Node-RED left in .config.nodes.json against that of this command',
    remedy:
      'Restart Node-RED after an update, and run the command of its user directory: cd there, then npx pm500 doctor.',
    docs: 'docs/doctor.md',
    look: ({ palette, packageVersion }) =>
      sightOne(
        palette,
        ({ own }) => {
          if (own === packageVersion) return [];
          const version = packageVersion;
          return [own === undefined ? say('notStarted', { version }) : say('otherVersion', { own, version })];
        },
        () => packageVersion,
      ),
  },
  {
    id: 'nodes-installed',
    area: 'user directory',
    severity: 'critical',
    title: 'all nodes of the flows are installed',
    looksAt: 'types of the flows against those that Node-RED found',
    remedy:
      'Install the missing modules in the user directory, or remove the nodes: Node-RED starts no flow as long as one is missing.',
    docs: 'docs/doctor.md',
    look: ({ site, palette }) =>
      'unseen' in palette
        ? notLookedAt(palette)
        : sightOne(
            site,
            ({ types }) => {
              const { types: known, disabledTypes } = palette.seen;
              const missing = [...types].filter(
                (type) =>
                  !known.has(type) &&
                  !disabledTypes.has(type) &&
                  !BUILT_IN.includes(type) &&
                  !type.startsWith('subflow:'),
              );
              return missing.length === 0 ? [] : [say('notInstalled', { types: missing.sort().join(', ') })];
            },
            ({ types }) => `${types.size} types`,
          ),
  },
  {
    id: 'nodes-enabled',
    area: 'user directory',
    severity: 'critical',
    title: 'no node of the flows is switched off in the palette',
    looksAt: 'types of the flows against those that are disabled',
    remedy: 'Enable the nodes in the palette manager.',
    docs: 'docs/doctor.md',
    look: ({ site, palette }) =>
      'unseen' in palette
        ? notLookedAt(palette)
        : sightOne(
            site,
            ({ types }) => {
              const off = [...types].filter((type) => palette.seen.disabledTypes.has(type));
              return off.length === 0 ? [] : [say('switchedOff', { types: off.sort().join(', ') })];
            },
            ({ types }) => `${types.size} types`,
          ),
  },
  {
    id: 'settings-readable',
    area: 'user directory',
    severity: 'critical',
    title: 'settings.js is a program that runs',
    looksAt: 'what settings.js gives when it is run',
    remedy: 'Correct the line that it names, or put the former file back: Node-RED does not start with this one.',
    docs: 'docs/doctor.md',
    look: ({ settings }) =>
      sightWhole(
        settings,
        () => [],
        () => 'settings.js',
      ),
  },
  {
    id: 'user-directory-mode',
    area: 'user directory',
    severity: 'warning',
    title: 'nobody else writes into the user directory',
    looksAt: 'mode of the user directory',
    remedy: 'chmod go-w the user directory: who writes there decides what Node-RED runs.',
    docs: 'docs/stack.md',
    look: (facts) =>
      sightOne(
        ofModes(facts, facts.directory),
        ({ access }) =>
          (access.mode & OTHERS_WRITE) === 0
            ? []
            : [say('othersWrite', { path: access.path, mode: octal(access.mode) })],
        ({ access }) => tellAccess(access),
      ),
  },
  {
    id: 'user-directory-owner',
    area: 'user directory',
    severity: 'warning',
    title: 'all files belong to the user of Node-RED',
    looksAt:
      'owners of the user directory and of the files of this package in it, against User= of the unit that runs it',
    remedy:
      'chown -R the user directory to the user of Node-RED; a command that ran as root left these, or User= is another one.',
    docs: 'docs/stack.md',
    look: (facts) =>
      sightOne(
        ofModes(facts, facts.directory),
        ({ access, secretFiles, ownFiles }) => {
          const foreign = [...secretFiles, ...ownFiles].filter(({ owner }) => owner !== access.owner && owner !== 0);
          const ofRoot = ownFiles.filter(({ owner }) => owner === 0 && access.owner !== 0);
          return [
            ...ofOtherUnit(access, facts),
            ...[...foreign, ...ofRoot].map(({ path, owner }) => say('owner', { path, owner, other: access.owner })),
          ];
        },
        ({ access }) => `user ${access.owner}`,
      ),
  },
  {
    id: 'user-directory-writable',
    area: 'user directory',
    severity: 'critical',
    title: 'Node-RED can write what it keeps',
    looksAt: 'whether pm500 in the user directory and its outboxes take files',
    remedy:
      'Mount the disk for writing, after fsck where it went read-only by itself, or chown -R the user directory to the user of Node-RED: outboxes refuse readings until then.',
    docs: 'docs/runbooks/disk-full.md',
    look: (facts) => lookForWriting(facts, 'kept'),
  },
  {
    id: 'deployments-saved',
    area: 'user directory',
    severity: 'notice',
    title: 'what is deployed can be saved',
    looksAt: 'whether the user directory itself takes files, where pm500 in it does',
    remedy:
      'Where that is not on purpose, mount the disk for writing, or chown the user directory to the user of Node-RED: readings are delivered, and no deployment is saved.',
    docs: 'docs/stack.md',
    look: (facts) => lookForWriting(facts, 'top alone'),
  },
  {
    id: 'secrets-readable',
    area: 'security',
    severity: 'warning',
    title: 'secrets can be read by the user of Node-RED only',
    looksAt: 'modes of settings.js, the credentials, sessions and the generated key',
    remedy: 'chmod 600 the files, and change the secrets if somebody may have read them.',
    docs: 'docs/stack.md',
    look: (facts) =>
      sightOne(
        ofModes(facts, facts.directory),
        ({ access, secretFiles }) =>
          // Where nobody else gets into the folder, modes of the files in it open nothing.
          (access.mode & OTHERS_READ) === 0
            ? []
            : secretFiles
                .filter(({ mode }) => (mode & OTHERS_READ) !== 0)
                .map(({ path, mode }) => say('othersRead', { path, mode: octal(mode) })),
        ({ secretFiles }) => `${secretFiles.length} files`,
      ),
  },
  {
    id: 'states-whole',
    area: 'user directory',
    severity: 'warning',
    title: 'no saved state had to be set aside',
    looksAt: 'files *.damaged-* in the folder pm500',
    remedy: 'Find out why (a full disk, a power loss), then remove the file; counting went on without a past.',
    docs: 'docs/runbooks/disk-full.md',
    look: ({ directory }) =>
      sightOne(
        directory,
        ({ damagedStates }) => damagedStates.map((path) => say('damaged', { path })),
        () => 'none',
      ),
  },
];
