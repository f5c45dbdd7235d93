/**
 * A plant whose name server is silent, read by a real Node-RED: of a list of meters eight have names about which nothing is
 * heard, one is in the file of hosts, one is known to the name server. Those two must be read as if the others were not
 * there; of the eight one bad reading each must come soon. Then the name server says nothing at all and the meters restart.
 *
 * `npm run build && npx tsx test/field/silent-names.ts`; Linux, as root. It touches no network of this computer.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Reading } from '../../src/domain/messages/reading';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { NameServer } from './name-server';
import { PM500 } from '../../src/meters/pm500';
import { runInNamespaces } from './inside-namespaces';

const NAME_SERVER_ADDRESS = '127.0.0.53';
const INTERVAL_MS = 1000;
/** Meters of a list begin within this. */
const START_MS = 2000;
/** Of one lookup. */
const LOOKUP_MS = 3000;
const TOLERANCE_MS = 500;
const IN_HOSTS = 'ninth.plant';
const IN_DNS = 'tenth.plant';
const METERS: readonly (readonly [name: string, address: string])[] = [
  [IN_HOSTS, '127.0.1.9'],
  [IN_DNS, '127.0.1.10'],
];
const UNKNOWN = Array.from({ length: 8 }, (_, index) => `unknown${index}.plant`);

/** Has names looked up here alone, in this mount namespace. */
function useNames(): void {
  const folder = temporaryFolder('names');
  const files = {
    'resolv.conf': `nameserver ${NAME_SERVER_ADDRESS}\n`,
    hosts: `127.0.0.1 localhost\n127.0.1.9 ${IN_HOSTS}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    execFileSync('mount', ['--bind', join(folder, name), `/etc/${name}`]);
  }
}

const startMeters = (): Promise<Simulator> =>
  startSimulator(PM500, {
    meters: METERS.map(([, address], index) => ({
      bind: address,
      catalogNumber: '1420-V2-ENT',
      serialNumber: 940_000_001 + index,
      seed: index,
      load: constantProfile(1000),
    })),
  });

const flow = [
  { id: 'tab', type: 'tab', label: 'Silent names' },
  {
    id: 'poll',
    type: 'pm500-poll',
    z: 'tab',
    x: 100,
    y: 40,
    name: '',
    source: 'list',
    fleet: [IN_HOSTS, IN_DNS, ...UNKNOWN].map((host) => ({ name: host, host })),
    intervalMs: INTERVAL_MS,
    groups: ['status'],
    wires: [['shown']],
  },
  { id: 'shown', type: 'debug', z: 'tab', x: 300, y: 40, active: true, tosidebar: true, complete: 'payload' },
];

/** How long after `since` each meter of a kind has first brought a reading, ms. */
async function firstReadings(
  nodeRed: NodeRed,
  names: readonly string[],
  kind: 'good' | 'bad',
  since: number,
  from: number,
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  const look = (): boolean => {
    for (const { msg } of nodeRed.channel.debugsOf('shown').slice(from)) {
      const { meter, blocks } = JSON.parse(String(msg)) as Reading;
      const isGood = blocks.every(({ error }) => error === undefined);
      const isWanted = names.includes(meter.name) && isGood === (kind === 'good');
      if (isWanted && !seen.has(meter.name)) seen.set(meter.name, Date.now() - since);
    }
    return seen.size === names.length;
  };
  await waitFor(`a ${kind} reading of ${names.join(', ')}`, look, { timeoutMs: 60_000, everyMs: 20 });
  return seen;
}

function tell(what: string, took: ReadonlyMap<string, number>, limitMs: number): void {
  console.log(`${what}: ${[...took].map(([name, ms]) => `${name} ${ms} ms`).join(', ')}; at most ${limitMs} ms`);
  for (const [name, ms] of took) assert.ok(ms <= limitMs, `${what}: ${name} after ${ms} ms`);
}

async function run(): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  useNames();
  const names = await NameServer.open(NAME_SERVER_ADDRESS, new Map([[IN_DNS, '127.0.1.10']]));
  names.isCutOff = true;
  let simulator = await startMeters();
  const nodeRed = await startNodeRed();
  try {
    await nodeRed.admin.deploy(flow);
    const startedAt = Date.now();
    const known = METERS.map(([name]) => name);
    const [good, bad] = await Promise.all([
      firstReadings(nodeRed, known, 'good', startedAt, 0),
      firstReadings(nodeRed, UNKNOWN, 'bad', startedAt, 0),
    ]);
    tell('first reading', good, START_MS + TOLERANCE_MS);
    tell('first bad reading', bad, START_MS + LOOKUP_MS + TOLERANCE_MS);
    names.isSilent = true;
    await simulator.close();
    await pause(8000);
    simulator = await startMeters();
    const from = nodeRed.channel.debugsOf('shown').length;
    const back = await firstReadings(nodeRed, known, 'good', Date.now(), from);
    tell('back, while nothing is heard of names', back, 2 * INTERVAL_MS + TOLERANCE_MS);
    const badOnes = nodeRed.channel.debugsOf('shown').filter(({ msg }) => String(msg).includes('unknown0'));
    assert.equal(badOnes.length, 1, 'a name that is not known is told once');
  } finally {
    await nodeRed.stop();
    await simulator.close();
    names.close();
  }
}

runInNamespaces(__filename, ['--net', '--mount'], async () => {
  await run();
  return 0;
});
