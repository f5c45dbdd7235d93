import { sentences, type Sentence } from '../../support/sentence';
import { sightOne, type DoctorCheck } from '../check';
import type { ServiceUnit } from '../facts';

const LEAST_OPEN_FILES = 1024;
/** Bits of a mask that keep everybody else out. */
const OTHERS = 0o007;
const MEBIBYTE = 1024 ** 2;
const UNITS: Readonly<Record<string, number>> = { '': 1 / MEBIBYTE, K: 1 / 1024, M: 1, G: 1024, T: 1024 ** 2 };

interface UnitCheck extends Pick<DoctorCheck, 'id' | 'severity' | 'title' | 'looksAt' | 'remedy'> {
  readonly find: (unit: ServiceUnit) => Sentence | undefined;
}

const row = ({ find, ...check }: UnitCheck): DoctorCheck => ({
  ...check,
  area: 'service',
  docs: 'docs/stack.md',
  look: ({ unit }) =>
    sightOne(
      unit,
      (found) => {
        const finding = find(found);
        return finding === undefined ? [] : [finding];
      },
      ({ path }) => path,
    ),
});

/** MiB of a size as units write it; undefined where it is none, such as infinity or a share. */
function mebibytes(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNITS[unit] ?? 1);
}

/** What is found in the unit of systemd. */
export const SERVICE_FINDINGS = sentences('doctorService', {
  restart: '{path} has Restart={value}: after a crash nobody reads the meters.',
  enabled: '{path} is not enabled: after a power failure nobody reads the meters.',
  user: '{path} runs Node-RED as root.',
  openFiles: '{path} allows {limit} open files, and {least} are needed.',
  memory: '{path} sets no MemoryMax=.',
  heap: '{path} lets the heap have {heap} MiB of the {most} MiB that the process may have.',
  mask: '{path} has UMask={value}: files that Node-RED makes can be read by every user.',
  network: '{path} does not wait for the network: the first reads after each start fail.',
});
const { say } = SERVICE_FINDINGS;

/** How Node-RED is started, kept and bounded. */
export const SERVICE_CHECKS: readonly DoctorCheck[] = [
  row({
    id: 'service-restart',
    severity: 'critical',
    title: 'Node-RED is started again when it ends',
    looksAt: 'Restart= of the unit',
    remedy: 'Write Restart=on-failure or Restart=always into the unit, and RestartSec=5.',
    find: ({ path, values }) =>
      ['always', 'on-failure', 'on-abnormal'].includes(values['Restart'] ?? '')
        ? undefined
        : say('restart', { path, value: values['Restart'] ?? 'no' }),
  }),
  row({
    id: 'service-enabled',
    severity: 'warning',
    title: 'Node-RED starts with the computer',
    looksAt: 'links of the target that the unit is wanted by',
    remedy: 'systemctl enable the unit.',
    find: ({ path, isEnabled }) => (isEnabled ? undefined : say('enabled', { path })),
  }),
  row({
    id: 'service-user',
    severity: 'warning',
    title: 'Node-RED does not run as root',
    looksAt: 'User= and DynamicUser= of the unit',
    remedy: 'Give the unit DynamicUser=yes or a User= of its own; a flow can run whatever its user may.',
    find: ({ path, values }) => {
      const isOther = values['DynamicUser'] === 'yes' || !['', 'root', '0'].includes(values['User'] ?? '');
      return isOther ? undefined : say('user', { path });
    },
  }),
  row({
    id: 'service-open-files',
    severity: 'warning',
    title: 'the unit leaves enough files open',
    looksAt: 'LimitNOFILE= of the unit',
    remedy: 'Write LimitNOFILE=65536 into the unit, or leave the line out.',
    find: ({ path, values }) => {
      const limit = parseInt(values['LimitNOFILE'] ?? '');
      return limit < LEAST_OPEN_FILES ? say('openFiles', { path, limit, least: LEAST_OPEN_FILES }) : undefined;
    },
  }),
  row({
    id: 'service-memory',
    severity: 'notice',
    title: 'Node-RED cannot take all memory',
    looksAt: 'MemoryMax= of the unit',
    remedy:
      'Write MemoryMax=1G, or what the computer can spare, into the unit: else other services are ended in its place.',
    find: ({ path, values }) =>
      ['', 'infinity'].includes(values['MemoryMax'] ?? '') ? say('memory', { path }) : undefined,
  }),
  row({
    id: 'service-heap',
    severity: 'warning',
    title: 'the heap of Node.js fits into the memory of the unit',
    looksAt: '--max-old-space-size in the unit against MemoryMax=',
    remedy:
      'Give --max-old-space-size at most three quarters of MemoryMax=: the system ends the process before it can clean up.',
    find: ({ path, values }) => {
      // The last one counts, and one of the command more than one of NODE_OPTIONS.
      const text = `${values['Environment'] ?? ''} ${values['ExecStart'] ?? ''}`;
      const heap = Number([...text.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)].at(-1)?.[1]);
      const most = mebibytes(values['MemoryMax'] ?? '');
      return most !== undefined && heap > 0.75 * most ? say('heap', { path, heap, most }) : undefined;
    },
  }),
  row({
    id: 'service-umask',
    severity: 'notice',
    title: 'new files are for the service alone',
    looksAt: 'UMask= of the unit',
    remedy: 'Write UMask=0077 into the unit.',
    find: ({ path, values }) =>
      (parseInt(values['UMask'] ?? '0022', 8) & OTHERS) === OTHERS
        ? undefined
        : say('mask', { path, value: values['UMask'] ?? '0022' }),
  }),
  row({
    id: 'service-network',
    severity: 'notice',
    title: 'Node-RED starts after the network',
    looksAt: 'After= of the unit',
    remedy: 'Write After=network-online.target and Wants=network-online.target into the unit.',
    find: ({ path, values }) => ((values['After'] ?? '').includes('network') ? undefined : say('network', { path })),
  }),
];
