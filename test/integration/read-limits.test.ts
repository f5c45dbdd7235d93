import assert from 'node:assert/strict';
import { systemClock } from '../../src/support/clock';
import { QUIRKS } from '../../src/meters/pm500/quirks';
import type { Simulator } from '../../src/simulator/simulator';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { waitFor } from '../../testkit/wait';
import { Stalls } from '../soak/stalls';
import { startOneMeter } from '../../testkit/simulator/one-meter';

/** Of each assembly, while they are watched. */
const WATCHED_READS = 20;
const LIMIT_MS = QUIRKS.minimumReadIntervalMs.value;
/** Requests leave at least this far apart; on their way one may be held up and the next not. */
const SHORTEST_SEEN_MS = LIMIT_MS / 2;
/** Where nobody is greedy, nothing comes close to the limit. */
const CLOSE_TO_LIMIT_MS = 1.5 * LIMIT_MS;
const PRESSES_PER_SECOND = 50;

describe('ten nodes that all ask for more than the meter bears', () => {
  let simulator: Simulator;
  let nodeRed: NodeRed;

  before(async () => {
    simulator = await startOneMeter();
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed.stop();
    await simulator.close();
  });

  /** Two configurations of one meter; under each five nodes: three on the fastest schedule, two pressed all the time. */
  const flow = (port: number): readonly FlowEntry[] => {
    const tab = { id: 'tab', type: 'tab', label: 'Greedy' };
    const meters = ['meter-a', 'meter-b'].map((id) => ({
      id,
      type: 'pm500-meter',
      // Not the id: Node-RED takes a property with the value of an id for a reference.
      name: `Feeder ${id}`,
      host: id === 'meter-a' ? '127.0.0.1' : '127.1',
      port,
    }));
    const presses = {
      id: 'press',
      type: 'inject',
      z: 'tab',
      x: 100,
      y: 40,
      props: [],
      repeat: String(1 / PRESSES_PER_SECOND),
      once: true,
    };
    const polls = meters.flatMap((meter) =>
      Array.from({ length: 5 }, (_, index) => ({
        id: `${meter.id}-${index}`,
        type: 'pm500-poll',
        z: 'tab',
        x: 300,
        y: 40,
        name: '',
        meter: meter.id,
        mode: index < 3 ? 'interval' : 'message',
        intervalMs: LIMIT_MS,
        groups: ['realtime', 'energy', 'status'],
        wires: [],
      })),
    );
    const pressed = polls.filter(({ mode }) => mode === 'message').map(({ id }) => id);
    return [tab, ...meters, { ...presses, wires: [pressed] }, ...polls];
  };

  it('share one connection, and no assembly is read more often than every 200 ms', async () => {
    const [meter] = simulator.meters;
    assert.ok(meter);
    const stalls = new Stalls();
    await nodeRed.admin.deploy(flow(meter.port));
    await waitFor('the first readings', () => (meter.stats.reads[101] ?? 0) > 2);
    const before = meter.stats;
    const startedAt = systemClock.monotonic();
    const since = (instance: string): number =>
      (meter.stats.reads[Number(instance)] ?? 0) - (before.reads[Number(instance)] ?? 0);
    await waitFor('the reads', () => Object.keys(meter.stats.reads).every((each) => since(each) >= WATCHED_READS));
    const after = meter.stats;
    const elapsedMs = systemClock.monotonic() - startedAt;
    stalls.stop();
    assert.equal(after.acceptedConnections, 1);
    for (const [instance, count] of Object.entries(after.reads)) {
      const reads = count - (before.reads[Number(instance)] ?? 0);
      assert.ok(reads <= elapsedMs / LIMIT_MS + 1, `assembly ${instance}: ${reads} reads in ${elapsedMs} ms`);
    }
    for (const [instance, shortest] of Object.entries(after.shortestReadIntervalMs)) {
      // The meter runs in this process: what came while that stood still waited, and what followed did not.
      const seen = SHORTEST_SEEN_MS - stalls.longestMs;
      assert.ok(shortest >= seen, `assembly ${instance}: two reads within ${shortest} ms, at least ${seen} ms`);
      assert.ok(shortest <= CLOSE_TO_LIMIT_MS, `assembly ${instance}: at best each ${shortest} ms, nobody was greedy`);
    }
    assert.deepEqual(nodeRed.errors(), []);
  });
});
