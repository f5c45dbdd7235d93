import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pm500Poll from '../../nodes/pm500-poll';
import pm500Sim from '../../nodes/pm500-sim';
import type { MeterDiagnostics } from '../../src/domain/diagnostics/diagnostics';
import type { Reading } from '../../src/domain/messages/reading';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { freePortRange } from '../../testkit/servers/ports';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { oneMeter } from '../../testkit/simulator/one-meter';
import { PM500 } from '../../src/meters/pm500';

const METERS = 50;

describe('pm500-poll with a list of meters', function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let ports: readonly number[];
  let folder: string;
  const open: FakeNode[] = [];

  before(async () => {
    folder = temporaryFolder('poll-fleet');
    simulator = await startSimulator(PM500, {
      meters: Array.from({ length: METERS }, (_, index) =>
        oneMeter({ serialNumber: 940_000_001 + index, seed: index + 1, load: constantProfile(50_000) }),
      ),
    });
    ports = simulator.meters.map(({ port }) => port);
  });

  afterEach(async () => {
    delete process.env['PM500_SHARD'];
    await Promise.all(open.splice(0).map((node) => node.close()));
  });

  after(async () => {
    await simulator.close();
    removeFolder(folder);
  });

  const start = (properties: object): FakeNode => {
    const red = new FakeRed();
    pm500Poll(red.api);
    const node = red.create('pm500-poll', {
      groups: ['status'],
      intervalMs: 500,
      diagnosticsSeconds: 0,
      ...properties,
    });
    open.push(node);
    return node;
  };
  const list = (count = METERS): readonly object[] =>
    ports.slice(0, count).map((port, index) => ({ name: `m${index}`, host: '127.0.0.1', port: String(port) }));
  const readings = (node: FakeNode): readonly Reading[] => node.sent.map(({ payload }) => payload as Reading);
  const namesIn = (node: FakeNode): ReadonlySet<string> => new Set(readings(node).map(({ meter }) => meter.name));

  it('reads 50 meters without a missed slot, spread over the interval', async () => {
    const node = start({ source: 'list', fleet: list(), intervalMs: 1000, diagnosticsSeconds: 0.5 });
    await waitFor('three cycles of all', () => node.sent.length >= 4 * METERS);
    const last = node.sentSecond.slice(-METERS).map(({ payload }) => payload as MeterDiagnostics);
    assert.deepEqual(
      last.filter(({ missedSlots, failed }) => missedSlots > 0 || failed > 0).map(({ meter }) => meter.name),
      [],
    );
    assert.equal(namesIn(node).size, METERS);
    await waitFor('the status', () => node.lastStatus?.text === '50/50 meters');
    assert.equal(node.lastStatus?.fill, 'green');
    // Of the 50 meters 5 are due in each tenth of a second; were they to fire together, all would be in one or two. A busy
    // computer reads some together that were due one after the other.
    const tenths = readings(node)
      .slice(METERS)
      .map(({ timestamp }) => Math.floor((timestamp % 1000) / 100));
    assert.ok(new Set(tenths).size >= 6, `readings fall into the tenths of a second ${[...new Set(tenths)].join()}`);
    assert.deepEqual(node.errors, []);
  });

  it('waits for simulated meters that start with it, in place of reporting them as lost', async () => {
    const count = 20;
    const first = await freePortRange(count);
    const meters = Array.from({ length: count }, (_, index) => ({
      name: `late${index}`,
      host: '127.0.0.1',
      port: String(first + index),
    }));
    const red = new FakeRed();
    pm500Sim(red.api);
    pm500Poll(red.api);
    const poll = red.create('pm500-poll', { source: 'list', fleet: meters, groups: ['status'], mode: 'message' });
    const answer = poll.receive({});
    open.push(red.create('pm500-sim', { port: String(first), count, load: 'constant' }), poll);
    const { sent, error } = await answer;
    assert.equal(error, undefined);
    assert.equal(sent.length, count);
    assert.deepEqual(poll.errors, []);
  });

  it('takes a changed file without a deployment, starts anew only what changed, and reports a bad line once', async () => {
    const path = join(folder, 'meters.csv');
    const write = (...rows: readonly string[]): void => {
      writeFileSync(path, ['name,host,port,asset', ...rows].join('\n'));
    };
    write(`a,127.0.0.1,${ports[0]},`, `b,127.0.0.1,${ports[1]},`, 'c,127.0.0.1,99999,');
    const node = start({ source: 'file', fleetFile: path });
    await waitFor('two meters', () => namesIn(node).size === 2);
    await waitFor('the status', () => node.lastStatus?.text === '2/2, 1 bad');
    assert.equal(node.lastStatus?.fill, 'yellow');
    assert.deepEqual(node.errors, [
      `Meter list ${path}, line 4: port is "99999", expected a number from 1 to 65535; the other meters are read.`,
    ]);
    write(`a,127.0.0.1,${ports[0]},`, `b,127.0.0.1,${ports[1]},press`, `d,127.0.0.1,${ports[3]},`);
    await waitFor('the third meter and the new tag', () =>
      ['d', 'press'].every((word) =>
        readings(node).some(({ meter }) => meter.name === word || meter.tags['asset'] === word),
      ),
    );
    await waitFor('the status', () => node.lastStatus?.text === '3/3 meters');
    // Half written: what runs goes on, and the status says so.
    writeFileSync(path, '');
    await waitFor('the complaint', () => node.lastStatus?.text === '3/3, check file');
    const before = node.sent.length;
    await waitFor('more readings', () => node.sent.length > before + 5);
    assert.equal(node.errors.length, 2);
  });

  it('reads its part of the list, from its settings or from the environment', async () => {
    const first = start({ source: 'list', fleet: list(6), shard: '1/3' });
    process.env['PM500_SHARD'] = '2/3';
    const second = start({ source: 'list', fleet: list(6) });
    await waitFor('both parts', () => namesIn(first).size === 2 && namesIn(second).size === 2);
    assert.deepEqual(
      [[...namesIn(first)].sort(), [...namesIn(second)].sort()],
      [
        ['m0', 'm3'],
        ['m1', 'm4'],
      ],
    );
  });

  it('reads all meters on a message, and names those that cannot be read', async () => {
    const dead = { name: 'dead', host: '127.0.0.1', port: '1' };
    const node = start({ source: 'list', fleet: [...list(3), dead], mode: 'message' });
    const { sent, error } = await node.receive({ _msgid: 'x' });
    assert.equal(sent.length, 4);
    assert.match(String(error), /1 of 4 meters could not be read \(dead\)/);
    assert.ok(sent.every((message) => message._msgid === 'x'));
    const refused = await node.receive({ payload: { maintenance: { minutes: 5 } } });
    assert.match(String(refused.error), /names none of 4 meters; add the name of one/);
    await node.receive({ payload: { maintenance: { minutes: 5 }, meter: 'm1' } });
    await node.receive({ payload: { maintenance: false, meter: 'm1' } });
    const windows = node.logged.filter((line) => String(line).includes('The maintenance window of meter "m1" is'));
    assert.equal(windows.length, 2);
  });

  it('one meter whose layout is missing does not cost the others', async () => {
    const [first = {}, second = {}] = list(2);
    const node = start({ source: 'list', fleet: [{ ...first, layoutFile: '/no/such/file.json' }, second] });
    await waitFor('the other', () => namesIn(node).has('m1'));
    await waitFor('the status', () => node.lastStatus?.text === '1/1, 1 bad');
    assert.equal(node.errors.length, 1);
    assert.match(String(node.errors[0]), /Layout file \/no\/such\/file\.json cannot be read/);
  });
});
