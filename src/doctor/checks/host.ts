import { sentences } from '../../support/sentence';
import { sightOne, type DoctorCheck } from '../check';
import { nodesOf, textOf } from '../flows/saved-site';
import { isAtLeast } from '../versions';

const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;
const MS_PER_DAY = 86_400_000;

/** `engines` of package.json. */
const OLDEST_NODE = '20.19.0';
/** End of life of the lines of Node.js, from its release schedule. */
const NODE_ENDS: Readonly<Record<string, string>> = {
  '20': '2026-04-30',
  '22': '2027-04-30',
  '24': '2028-04-30',
};
/** Security fixes of distributions go on for a while; after so long nobody makes any. */
const NODE_GRACE_DAYS = 365;

/** Those of the alerts DiskSpaceLow and DiskFull. */
const DISK_LOW = 0.15;
const DISK_FULL = 0.05;
const LEAST_MEMORY = 0.05;
/** A meter is a file or two, a broker and a database some more; below this a hundred meters do not fit. */
const LEAST_OPEN_FILES = 1024;
const LEAST_FREE_FILES = 0.02;
/** A clock may be a little behind the file that was written last. */
const CLOCK_TOLERANCE_MS = 120_000;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What is found at the computer. */
export const HOST_FINDINGS = sentences('doctorHost', {
  nodeOld: 'Node.js is {version}, and {oldest} is the oldest that works.',
  nodeEnded: 'Node.js {version} has been without security fixes since {end}.',
  diskLow: 'The disk of {path} has {share} left.',
  diskFiles: 'The disk of {path} takes {free} more files of {files}.',
  memory: 'Of {total} GiB of memory {available} MiB are available.',
  clockAlone: 'The clock of this computer is not synchronized with any time server.',
  clockBehind: 'By the clock it is {now}, and the newest file is from {newest}.',
  zone: '{label} works out periods, has no time zone, and this computer is on {zone}.',
  openFiles: 'A process may have {limit} files open, and {least} are needed.',
});
const { say } = HOST_FINDINGS;

/** The computer. */
export const HOST_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'node-version',
    area: 'host',
    severity: 'critical',
    title: 'Node.js is one that this package runs on',
    looksAt: 'version of Node.js against that of package.json',
    remedy: `Install Node.js ${OLDEST_NODE} or newer, a line with long-term support.`,
    docs: 'docs/stack.md',
    look: ({ host }) =>
      sightOne(
        { seen: host.nodeVersion },
        (version) => (isAtLeast(version, OLDEST_NODE) ? [] : [say('nodeOld', { version, oldest: OLDEST_NODE })]),
        (version) => `Node.js ${version}`,
      ),
  },
  {
    id: 'node-maintained',
    area: 'host',
    severity: 'notice',
    title: 'Node.js still gets security fixes',
    looksAt: 'version of Node.js against its release schedule, with a year of grace',
    remedy: 'Plan the step to a line of Node.js with long-term support.',
    docs: 'docs/stack.md',
    look: ({ host, nowMs }) =>
      sightOne(
        { seen: host.nodeVersion },
        (version) => {
          const end = NODE_ENDS[version.split('.')[0] ?? ''];
          const isOver = end !== undefined && nowMs > Date.parse(end) + NODE_GRACE_DAYS * MS_PER_DAY;
          return isOver ? [say('nodeEnded', { version, end })] : [];
        },
        (version) => `Node.js ${version}`,
      ),
  },
  {
    id: 'disk-space',
    area: 'host',
    severity: 'warning',
    title: 'the disk of the user directory has room',
    looksAt: `free share of the disk of the user directory, at least ${percent(DISK_LOW)}`,
    remedy: 'Free space or give the disk more, before outboxes cannot keep what the other side does not take.',
    docs: 'docs/runbooks/disk-space-low.md',
    look: ({ host }) =>
      sightOne(
        host.disk,
        ({ path, freeBytes, sizeBytes }) =>
          freeBytes / sizeBytes < DISK_LOW && freeBytes / sizeBytes >= DISK_FULL
            ? [say('diskLow', { path, share: percent(freeBytes / sizeBytes) })]
            : [],
        ({ freeBytes, sizeBytes }) => `${percent(freeBytes / sizeBytes)} free`,
      ),
  },
  {
    id: 'disk-full',
    area: 'host',
    severity: 'critical',
    title: 'the disk of the user directory is not full',
    looksAt: `free share of the disk of the user directory, at least ${percent(DISK_FULL)}`,
    remedy: 'Free space now: outboxes refuse readings when nothing can be written.',
    docs: 'docs/runbooks/disk-full.md',
    look: ({ host }) =>
      sightOne(
        host.disk,
        ({ path, freeBytes, sizeBytes }) =>
          freeBytes / sizeBytes < DISK_FULL ? [say('diskLow', { path, share: percent(freeBytes / sizeBytes) })] : [],
        ({ freeBytes, sizeBytes }) => `${percent(freeBytes / sizeBytes)} free`,
      ),
  },
  {
    id: 'disk-files',
    area: 'host',
    severity: 'critical',
    title: 'the disk can hold more files',
    looksAt: 'free inodes of the disk of the user directory',
    remedy:
      'Find the folder with millions of files and empty it: without inodes nothing can be written, however much is free.',
    docs: 'docs/runbooks/disk-full.md',
    look: ({ host }) =>
      sightOne(
        host.disk,
        ({ path, files, freeFiles }) =>
          files > 0 && freeFiles / files < LEAST_FREE_FILES ? [say('diskFiles', { path, free: freeFiles, files })] : [],
        ({ files, freeFiles }) =>
          files === 0 ? 'no limit of files' : `${percent(freeFiles / files)} of the files free`,
      ),
  },
  {
    id: 'memory',
    area: 'host',
    severity: 'warning',
    title: 'memory is left',
    looksAt: 'available memory of the computer',
    remedy:
      'Find what takes the memory, or give the computer more: the system ends the largest process when there is none.',
    docs: 'docs/stack.md',
    look: ({ host }) =>
      sightOne(
        host.memory,
        ({ totalBytes, availableBytes }) =>
          availableBytes / totalBytes < LEAST_MEMORY
            ? [
                say('memory', {
                  total: (totalBytes / GIBIBYTE).toFixed(1),
                  available: (availableBytes / MEBIBYTE).toFixed(0),
                }),
              ]
            : [],
        ({ availableBytes }) => `${(availableBytes / MEBIBYTE).toFixed(0)} MiB available`,
      ),
  },
  {
    id: 'clock-synchronized',
    area: 'host',
    severity: 'warning',
    title: 'the clock is kept by a time service',
    looksAt: 'timedatectl',
    remedy:
      'Set up NTP (systemd-timesyncd or chrony) with a server of the site: times of readings are those of this clock.',
    docs: 'docs/runbooks/clock-stepped.md',
    look: ({ host }) =>
      sightOne(
        host.isClockSynchronized,
        (isSynchronized) => (isSynchronized ? [] : [say('clockAlone')]),
        () => 'synchronized',
      ),
  },
  {
    id: 'clock-plausible',
    area: 'host',
    severity: 'critical',
    title: 'the clock is not behind the files',
    looksAt: 'the clock against the newest file of the user directory',
    remedy: 'Set the clock; a computer without a battery for it needs NTP before Node-RED starts.',
    docs: 'docs/runbooks/clock-stepped.md',
    look: ({ directory, nowMs }) =>
      sightOne(
        directory,
        ({ newestMs }) =>
          newestMs > nowMs + CLOCK_TOLERANCE_MS
            ? [say('clockBehind', { now: new Date(nowMs).toISOString(), newest: new Date(newestMs).toISOString() })]
            : [],
        () => new Date(nowMs).toISOString(),
      ),
  },
  {
    id: 'time-zone',
    area: 'host',
    severity: 'notice',
    title: 'days and months are those of the site',
    looksAt: 'time zone of pm500-normalize nodes with periods, else that of the computer',
    remedy:
      'Enter the time zone of the site in pm500-normalize, such as Europe/Berlin: else days, months and tariffs begin at midnight UTC.',
    docs: 'docs/kpis.md',
    look: ({ site, host }) =>
      sightOne(
        site,
        (saved) => {
          if (!/^(Etc\/)?(UTC|GMT|UCT|Universal|Zulu)$/i.test(host.timeZone)) return [];
          return nodesOf(saved, 'pm500-normalize')
            .filter((node) => hasPeriods(node.values['kpis']) && textOf(node, 'timeZone') === '')
            .map(({ label }) => say('zone', { label, zone: host.timeZone }));
        },
        () => `the computer is on ${host.timeZone}`,
      ),
  },
  {
    id: 'open-files',
    area: 'host',
    severity: 'warning',
    title: 'a process may have enough files open',
    looksAt: 'limit of open files of this process',
    remedy:
      'Raise the limit (LimitNOFILE= in the unit, ulimit -n in a shell): each meter, outbox and server takes some.',
    docs: 'docs/fleet.md',
    look: ({ host }) =>
      sightOne(
        host.openFiles,
        (limit) => (limit < LEAST_OPEN_FILES ? [say('openFiles', { limit, least: LEAST_OPEN_FILES })] : []),
        (limit) => `${limit} files`,
      ),
  },
];

/** KPIs that begin anew each day or month. */
const WITH_PERIODS: readonly unknown[] = [
  'energy',
  'power_factor',
  'load_factor',
  'reactive_penalty',
  'tariff_energy',
  'co2',
  'cost',
];

function hasPeriods(kpis: unknown): boolean {
  return Array.isArray(kpis) && kpis.some((kpi) => WITH_PERIODS.includes(kpi));
}
