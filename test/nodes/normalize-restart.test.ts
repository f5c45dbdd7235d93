import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import type { Reading } from '../../src/domain/messages/reading';
import { TELEMETRY, type Sample } from '../../src/domain/messages/telemetry';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { confirmedReading, createNormalize, NormalizeBench } from '../../testkit/meters/normalize-bench';
import { READ_AT } from '../../testkit/meters/readings';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const SETTINGS = { id: 'n1', kpis: ['energy'], periods: ['day'], energyDeltas: true, diagnosticsSeconds: 0 };
const DELTA = 'energy_delta_active_import_total';
const DAY = 'active_energy_import_day';
const START_WH = 5_000_000;

describe('pm500-normalize over a restart', () => {
  let userDir: string;
  let clock: FakeClock;

  beforeEach(() => {
    userDir = temporaryFolder('user-dir');
    clock = new FakeClock(READ_AT);
  });
  afterEach(() => {
    removeFolder(userDir);
  });

  const start = (properties: object = {}): NormalizeBench =>
    new NormalizeBench({ ...SETTINGS, ...properties }, clock, { userDir });
  const pathOf = (id: string): string => join(userDir, 'pm500', 'normalize', `${id}.json`);
  const energy = (wh: number, meter = 'main-incomer'): Reading =>
    confirmedReading([107], clock.now(), { active_energy_import_total: wh }, meter);
  const metricsOf = async (bench: NormalizeBench, reading: Reading): Promise<Readonly<Record<string, Sample>>> => {
    const [message] = await bench.accept(reading);
    return TELEMETRY.parse(message?.payload).metrics;
  };

  it('keeps the alarms of a meter that does not come back, lists them, and forgets it when a person says so', async () => {
    const alarmRules = JSON.stringify([{ id: 'over', metric: 'current_l1', condition: 'above', limit: 100 }]);
    const amperes = (value: number, meter: string): Reading =>
      confirmedReading([101], clock.now(), { current_l1: value }, meter);
    const told = (bench: NormalizeBench): readonly (readonly [string, string, number])[] =>
      bench
        .takeEvents()
        .map(({ payload }) => payload as AlarmMessage)
        .map(({ meter, event, active }) => [meter.name, event, active.length] as const);
    const first = start({ alarmRules });
    await first.accept(amperes(200, 'renamed'));
    await first.accept(amperes(200, 'stays'));
    await first.close();
    for (const restarts of [1, 2]) {
      const bench = start({ alarmRules });
      await bench.command({ alarms: 'list' });
      assert.deepEqual(told(bench), [
        ['renamed', 'list', 1],
        ['stays', 'list', 1],
      ]);
      await clock.advance(1000);
      if (restarts === 2) {
        await bench.accept(amperes(200, 'stays'));
        await bench.command({ forget: 'renamed' });
        assert.deepEqual(told(bench), [
          ['renamed', 'cleared', 0],
          ['renamed', 'list', 0],
        ]);
        await bench.command({ alarms: 'list' });
        assert.deepEqual(told(bench), [['stays', 'list', 1]]);
        await assert.rejects(bench.command({ forget: 'renamed' }), /no such meter/);
        await bench.command({ forget: 'stays' });
        assert.deepEqual(told(bench), [
          ['stays', 'cleared', 0],
          ['stays', 'list', 0],
        ]);
        assert.equal(bench.work.concerns.count, 0);
      }
      await bench.close();
    }
    const { meters } = JSON.parse(readFileSync(pathOf('n1'), 'utf8')) as { readonly meters: object };
    assert.deepEqual(meters, {}, 'nothing is kept');
  });

  it('goes on after it was closed: the energy of the time without it is in the next delta, once', async () => {
    const first = start();
    await first.accept(energy(START_WH));
    await clock.advance(5000);
    assert.equal((await metricsOf(first, energy(START_WH + 100)))[DELTA]?.value, 100);
    await first.close();
    await clock.advance(60_000);
    const second = start();
    const metrics = await metricsOf(second, energy(START_WH + 350));
    assert.deepEqual([metrics[DELTA]?.value, metrics[DELTA]?.spanMs, metrics[DAY]?.value], [250, 60_000, 350]);
    await second.close();
  });

  it('after a kill the first delta is bad and the day is complete: nothing is counted twice', async () => {
    const killed = start();
    await killed.accept(energy(START_WH));
    await clock.advance(5000);
    await killed.accept(energy(START_WH + 100));
    await clock.advance(10_000);
    await waitFor('the state', () => readFileSync(pathOf('n1'), 'utf8').includes(String(START_WH + 100)));
    await killed.accept(energy(START_WH + 300));
    const second = start();
    await clock.advance(5000);
    const metrics = await metricsOf(second, energy(START_WH + 400));
    assert.deepEqual([metrics[DELTA]?.value, metrics[DELTA]?.reason], [null, 'counter_started']);
    assert.equal(metrics[DAY]?.value, 400);
    await clock.advance(5000);
    assert.equal((await metricsOf(second, energy(START_WH + 450)))[DELTA]?.value, 50);
    await second.close();
    await killed.close();
  });

  it('whatever happens between readings (deployments, kills, lost state), deltas never add up to more than was metered', async function () {
    this.timeout(60_000);
    for (let seed = 0; seed < 12; seed++) {
      const random = seededRandom(seed);
      const id = `seed${seed}`;
      let bench = start({ id });
      let [wh, sum, first] = [START_WH, 0, true];
      const abandoned: NormalizeBench[] = [];
      for (let step = 0; step < 40; step++) {
        const dice = random();
        if (dice < 0.1) {
          await bench.close();
          bench = start({ id });
        } else if (dice < 0.2) {
          // Killed: whatever is on the disk at this moment is what the next one finds.
          const kept = readFileSync(pathOf(id), 'utf8');
          abandoned.push(bench);
          await bench.close();
          writeFileSync(pathOf(id), kept);
          bench = start({ id });
        } else if (dice < 0.23) {
          await bench.close();
          writeFileSync(pathOf(id), '{"torn');
          bench = start({ id });
        }
        const delta = (await metricsOf(bench, energy(wh)))[DELTA];
        if (typeof delta?.value === 'number') sum += delta.value;
        assert.ok(sum <= wh - START_WH, `seed ${seed}, step ${step}: ${sum} of ${wh - START_WH}`);
        if (first) assert.equal(delta?.reason, 'counter_started');
        first = false;
        await clock.advance(1000 + Math.floor(random() * 9000));
        wh += Math.floor(random() * 1000);
      }
      await bench.close();
      assert.ok(sum > 0, `seed ${seed}`);
    }
  });

  it('takes no reading after it was told to close, which the node that follows would count again', async () => {
    const bench = start();
    await bench.accept(energy(START_WH));
    const closing = bench.close();
    await assert.rejects(
      bench.accept(energy(START_WH + 100)),
      /^Pm500Error: The node is closing and takes nothing any more;/,
    );
    await closing;
  });

  it('keeps alarms: active, acknowledged and latched ones are there, and none is raised again', async () => {
    const alarmRules = JSON.stringify([
      { id: 'high', metric: 'current_l1', condition: 'above', limit: 100, latching: true },
    ]);
    const amperes = (value: number): Reading => confirmedReading([101], clock.now(), { current_l1: value });
    const first = start({ kpis: [], energyDeltas: false, alarmRules });
    await first.accept(amperes(150));
    await first.command({ alarms: { acknowledge: true } });
    const events = first.takeEvents().map(({ payload }) => (payload as AlarmMessage).event);
    assert.deepEqual(events, ['raised', 'acknowledged']);
    await first.close();
    await clock.advance(30_000);
    const second = start({ kpis: [], energyDeltas: false, alarmRules });
    await second.accept(amperes(160));
    assert.deepEqual(second.takeEvents(), []);
    await second.command({ alarms: 'list' });
    const [list] = second.takeEvents().map(({ payload }) => payload as AlarmMessage);
    assert.deepEqual(
      list?.active.map(({ id, since, acknowledged, value }) => [id, since, acknowledged, value]),
      [['high', READ_AT, true, 160]],
    );
    await second.close();
  });

  it('two nodes have a state each; another name does not lose it, and a removed node takes it along', async () => {
    const [one, two] = [start({ id: 'one' }), start({ id: 'two' })];
    await one.accept(energy(START_WH));
    await two.accept(energy(START_WH));
    await clock.advance(1000);
    await one.accept(energy(START_WH + 10));
    await Promise.all([one.close(), two.close()]);
    assert.deepEqual(readdirSync(join(userDir, 'pm500', 'normalize')).sort(), ['one.json', 'two.json']);
    await clock.advance(1000);
    const renamed = start({ id: 'one', name: 'Other name' });
    assert.equal((await metricsOf(renamed, energy(START_WH + 30)))[DELTA]?.value, 20);
    const other = start({ id: 'two' });
    assert.equal((await metricsOf(other, energy(START_WH + 30)))[DELTA]?.value, 30);
    await renamed.close(true);
    await other.close();
    assert.deepEqual([existsSync(pathOf('one')), existsSync(pathOf('two'))], [false, true]);
  });

  it('an id that is no file name stays inside the folder', async () => {
    const bench = start({ id: '../../../evil/..' });
    await bench.accept(energy(START_WH));
    await bench.close();
    assert.equal(readdirSync(join(userDir, 'pm500', 'normalize')).length, 1);
    assert.deepEqual(readdirSync(userDir), ['pm500']);
  });

  it('a meter that has not come back yet keeps its past, and each meter its own', async () => {
    const first = start();
    for (const meter of ['a', 'b', '__proto__', 'constructor']) await first.accept(energy(START_WH, meter));
    await first.close();
    const between = start();
    await clock.advance(1000);
    assert.equal((await metricsOf(between, energy(START_WH + 7, 'a')))[DELTA]?.value, 7);
    await between.close();
    const last = start();
    await clock.advance(1000);
    assert.equal((await metricsOf(last, energy(START_WH + 9, 'b')))[DELTA]?.value, 9);
    assert.equal((await metricsOf(last, energy(START_WH + 9, 'constructor')))[DELTA]?.value, 9);
    assert.equal((await metricsOf(last, energy(START_WH + 9, '__proto__')))[DELTA]?.value, 9);
    await last.close();
  });

  it('a damaged state is said once and set aside, and the node works', async () => {
    mkdirSync(join(userDir, 'pm500', 'normalize'), { recursive: true });
    writeFileSync(pathOf('n1'), '{"format": "pm500.normalize-st');
    const bench = start();
    assert.match(String(bench.node.warnings[0]), /^The saved state .* cannot be used .* counting starts anew\.$/);
    assert.equal((await metricsOf(bench, energy(START_WH)))[DELTA]?.reason, 'counter_started');
    await bench.close();
    assert.equal(bench.node.warnings.length, 1);
    assert.equal(readdirSync(join(userDir, 'pm500', 'normalize')).length, 2);
  });

  it('a folder that cannot be written is said once, and the node works', async () => {
    writeFileSync(join(userDir, 'pm500'), '');
    const bench = start();
    for (let minute = 0; minute < 3; minute++) {
      await bench.accept(energy(START_WH + minute));
      await clock.advance(60_000);
    }
    await bench.close();
    assert.equal(bench.node.warnings.length, 1);
    assert.match(
      String(bench.node.warnings[0]),
      /cannot be saved \(.+\); KPIs and alarms start anew after a restart\.$/,
    );
  });

  it('writes nothing where there is nothing to remember, or Node-RED has no user directory', async () => {
    const plain = createNormalize({ id: 'n1' }, { userDir });
    await plain.receive({ payload: energy(START_WH) });
    await plain.close();
    assert.deepEqual(readdirSync(userDir), []);
    const homeless = createNormalize(SETTINGS);
    assert.equal((await homeless.receive({ payload: energy(START_WH) })).error, undefined);
    await homeless.close();
  });

  it('a state of another site can be moved in: it is plain JSON in one file', async () => {
    const first = start();
    await first.accept(energy(START_WH));
    await first.close();
    const elsewhere = temporaryFolder('elsewhere');
    cpSync(userDir, elsewhere, { recursive: true });
    renameSync(join(elsewhere, 'pm500/normalize/n1.json'), join(elsewhere, 'pm500/normalize/n2.json'));
    await clock.advance(1000);
    const moved = new NormalizeBench({ ...SETTINGS, id: 'n2' }, clock, { userDir: elsewhere });
    assert.equal((await metricsOf(moved, energy(START_WH + 4)))[DELTA]?.value, 4);
    await moved.close();
    removeFolder(elsewhere);
  });
});
