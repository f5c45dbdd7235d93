import { sentences } from '../../support/sentence';
import { counted, sightEach, sightOne, type DoctorCheck, notLookedAt } from '../check';
import type { SavedNode } from '../flows/saved-nodes';
import { nodesOf, numberOf, textOf, type SavedSite } from '../flows/saved-site';
import { lookFurther, type Looked } from '../looked';
import { bytesPerSecond } from '../outbox-rate';

const BYTES_PER_MEGABYTE = 1_000_000;
const MS_PER_HOUR = 3_600_000;
const SECONDS_PER_HOUR = 3600;
/** A long weekend: nobody comes before Monday. */
const OUTAGE_HOURS = 72;
/** That of the alert QueueNearLimit. */
const NEAR_LIMIT = 0.8;
/** Whatever waits longer is no hiccup. */
const LONGEST_WAIT_HOURS = 1;

const SINKS = ['influx-target', 'iot-target', 'sparkplug-edge'] as const;

const sinksOf = (site: Looked<SavedSite>): Looked<readonly SavedNode[]> =>
  lookFurther(site, (saved) => nodesOf(saved, ...SINKS));

/** Most bytes of an outbox; undefined where it takes what the disk gives. */
function limitOf(node: SavedNode): number | undefined {
  const megabytes = numberOf(node, 'maximumMegabytes');
  return megabytes > 0 ? megabytes * BYTES_PER_MEGABYTE : undefined;
}

const isOnDisk = (node: SavedNode): boolean =>
  textOf(node, node.type === 'sparkplug-edge' ? 'store' : 'outbox') === 'disk';
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What is found of outboxes. */
export const DELIVERY_FINDINGS = sentences('doctorDelivery', {
  memory: '{label} keeps what waits in memory.',
  twoProcesses: 'Outboxes of one user directory are open in {owners}.',
  oneClosed: '1 outbox is there, and no process has it open.',
  allClosed: '{count} outboxes are there, and no process has one of them open.',
  orphan: '{count} records wait in {path}, and no node has the id {id}.',
  waiting: '{count} records wait in {path}, the oldest for {hours} h.',
  nearLimit: 'The outbox of {label} has {held} of the {limit} that it may have.',
  outage: 'The outbox of {label} may have {limit}, and about {needed} come in {hours} h.',
  age: '{label} gives up what waits after {hours} h.',
  diskSmall: 'Outboxes may have {wanted}, and {free} are free.',
  refused: '{path} holds {bytes} bytes of records that the other side refused.',
});
const { say } = DELIVERY_FINDINGS;

/** What waits, and what was refused. */
export const DELIVERY_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'outbox-on-disk',
    area: 'delivery',
    severity: 'warning',
    title: 'what waits for a server survives a restart',
    looksAt: 'outbox settings of the sinks',
    remedy: 'Choose the outbox on disk: what waits in memory goes with the process.',
    docs: 'docs/influxdb.md',
    look: ({ site }) =>
      sightEach(sinksOf(site), (node) => (isOnDisk(node) ? [] : [say('memory', { label: node.label })]), [
        'sink',
        'sinks',
      ]),
  },
  {
    id: 'outbox-one-process',
    area: 'delivery',
    severity: 'critical',
    title: 'one process uses the user directory',
    looksAt: 'locks of the outboxes: who has them open',
    remedy: 'End the second Node-RED, or give it a user directory of its own: only one of the two can deliver.',
    docs: 'docs/influxdb.md',
    look: ({ outboxes }) =>
      sightOne(
        outboxes,
        (folders) => {
          const owners = [...new Set(folders.flatMap((folder) => folder.owners))].sort();
          return owners.length > 1 ? [say('twoProcesses', { owners: owners.join(', ') })] : [];
        },
        (folders) => {
          const owners = [...new Set(folders.flatMap((folder) => folder.owners))];
          return owners.length === 0 ? 'open in no process' : `open in ${owners.join(', ')}`;
        },
      ),
  },
  {
    id: 'outbox-running',
    area: 'delivery',
    severity: 'warning',
    title: 'a Node-RED is running',
    looksAt: 'locks of the outboxes that the flows use',
    remedy: 'Start Node-RED; if it runs, look into its log why it does not open the outbox.',
    docs: 'docs/runbooks/gateway-down.md',
    look: ({ outboxes, site }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightOne(
            outboxes,
            (folders) => {
              const used = folders.filter(({ id }) => nodesOf(site.seen, ...SINKS).some((node) => node.id === id));
              return used.length > 0 && used.every(({ owners }) => owners.length === 0)
                ? [used.length === 1 ? say('oneClosed') : say('allClosed', { count: used.length })]
                : [];
            },
            (folders) => counted(folders.length, 'outbox', 'outboxes'),
          ),
  },
  {
    id: 'outbox-orphan',
    area: 'delivery',
    severity: 'warning',
    title: 'no records wait for a node that is gone',
    looksAt: 'outboxes on the disk against the nodes of the flows',
    remedy: 'Bring the removed node back, with its id, to deliver them, or delete the folder.',
    docs: 'docs/influxdb.md',
    look: ({ outboxes, site }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            outboxes,
            ({ id, path, waiting }) =>
              waiting > 0 && !site.seen.ids.has(id) ? [say('orphan', { count: waiting, path, id })] : [],
            ['outbox', 'outboxes'],
          ),
  },
  {
    id: 'outbox-waiting',
    area: 'delivery',
    severity: 'warning',
    title: 'nothing waits for longer than an hour',
    looksAt: 'oldest records that wait in outboxes on the disk',
    remedy:
      'See why the server does not take them: pm500 doctor asks brokers and databases, and the node says it in its status.',
    docs: 'docs/runbooks/sink-down.md',
    look: ({ outboxes, site, nowMs }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            outboxes,
            ({ id, path, waiting, oldestMs = nowMs }) => {
              const hours = (nowMs - oldestMs) / MS_PER_HOUR;
              return hours > LONGEST_WAIT_HOURS && site.seen.ids.has(id)
                ? [say('waiting', { count: waiting, path, hours: hours.toFixed(0) })]
                : [];
            },
            ['outbox', 'outboxes'],
          ),
  },
  {
    id: 'outbox-near-limit',
    area: 'delivery',
    severity: 'critical',
    title: 'no outbox is nearly full',
    looksAt: 'bytes that wait against the limits of the sinks',
    remedy: 'Give the outbox more megabytes before the oldest records make room for new ones.',
    docs: 'docs/runbooks/queue-near-limit.md',
    look: ({ outboxes, site }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            outboxes,
            ({ id, bytes }) => {
              const node = nodesOf(site.seen, ...SINKS).find((each) => each.id === id);
              const limit = node === undefined ? undefined : limitOf(node);
              return node !== undefined && limit !== undefined && bytes > NEAR_LIMIT * limit
                ? [say('nearLimit', { label: node.label, held: gigabytes(bytes), limit: gigabytes(limit) })]
                : [];
            },
            ['outbox', 'outboxes'],
          ),
  },
  {
    id: 'outbox-outage',
    area: 'delivery',
    severity: 'warning',
    title: `outboxes last for an outage of ${OUTAGE_HOURS} h`,
    looksAt: 'megabytes of the outboxes against an estimate of what the schedules of the meters make of lines',
    remedy: 'Give the outbox more megabytes, read less often, or report by exception.',
    docs: 'docs/influxdb.md',
    look: ({ site, model }) =>
      'unseen' in site
        ? notLookedAt(site)
        : sightEach(
            sinksOf(site),
            (node) => {
              const limit = limitOf(node);
              const needed = bytesPerSecond(site.seen.meters, model) * OUTAGE_HOURS * SECONDS_PER_HOUR;
              return limit !== undefined && limit < needed
                ? [
                    say('outage', {
                      label: node.label,
                      limit: gigabytes(limit),
                      needed: gigabytes(needed),
                      hours: OUTAGE_HOURS,
                    }),
                  ]
                : [];
            },
            ['sink', 'sinks'],
          ),
  },
  {
    id: 'outbox-age',
    area: 'delivery',
    severity: 'warning',
    title: `records may wait for ${OUTAGE_HOURS} h`,
    looksAt: 'hours that records may wait in the outboxes',
    remedy: `Let records wait for ${OUTAGE_HOURS} h or more, or without limit (0).`,
    docs: 'docs/influxdb.md',
    look: ({ site }) =>
      sightEach(
        sinksOf(site),
        (node) => {
          const hours = numberOf(node, 'maximumAgeHours');
          return hours > 0 && hours < OUTAGE_HOURS ? [say('age', { label: node.label, hours })] : [];
        },
        ['sink', 'sinks'],
      ),
  },
  {
    id: 'outbox-fits-disk',
    area: 'delivery',
    severity: 'warning',
    title: 'the disk has room for full outboxes',
    looksAt: 'megabytes of all outboxes on disk against what is free',
    remedy: 'Give the disk more, or the outboxes less: the disk is full before the outboxes are.',
    docs: 'docs/runbooks/disk-space-low.md',
    look: ({ site, host, outboxes }) =>
      'unseen' in host.disk
        ? sightOne(
            host.disk,
            () => [],
            () => '',
          )
        : sightOne(
            sinksOf(site),
            (nodes) => {
              const wanted = nodes.filter(isOnDisk).reduce((sum, node) => sum + (limitOf(node) ?? 0), 0);
              const held = 'seen' in outboxes ? outboxes.seen.reduce((sum, { bytes }) => sum + bytes, 0) : 0;
              const free = 'seen' in host.disk ? host.disk.seen.freeBytes : 0;
              return wanted - held > free
                ? [say('diskSmall', { wanted: gigabytes(wanted), free: gigabytes(free) })]
                : [];
            },
            (nodes) => counted(nodes.length, 'sink'),
          ),
  },
  {
    id: 'dead-letters',
    area: 'delivery',
    severity: 'warning',
    title: 'no refused records wait for a person',
    looksAt: 'files in the folder pm500/refused',
    remedy: 'Read the reasons in the file, correct what they say, send the lines again or delete the file.',
    docs: 'docs/runbooks/records-refused.md',
    look: ({ letters }) =>
      sightEach(letters, ({ path, bytes }) => [say('refused', { path, bytes })], ['file', 'files']),
  },
];
