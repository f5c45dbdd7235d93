import assert from 'node:assert/strict';
import pm500Meter from '../../nodes/pm500-meter';
import pm500Normalize from '../../nodes/pm500-normalize';
import pm500Poll from '../../nodes/pm500-poll';
import Ajv from 'ajv/dist/2020';
import { DEFAULTS } from '../../nodes/shared/forms';
import { layoutCheckContract, type LayoutVerdict } from '../../src/domain/layout-check/verdict';
import { TELEMETRY, type Sample } from '../../src/domain/messages/telemetry';
import { ENERGY_CANDIDATES } from '../../src/meters/pm500/energy-candidates';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { runHere } from '../cli/run-command';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { oneMeter } from '../../testkit/simulator/one-meter';
import { PM500 } from '../../src/meters/pm500';

/** 40 MW: in four seconds 44 kWh flow, far more than the steps of any candidate. */
const LOAD = constantProfile(40_000_000);

describe('pm500 check on simulated meters that send assembly 107 in every named way', function () {
  this.timeout(120_000);
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator(PM500, {
      meters: ENERGY_CANDIDATES.map(({ name: energyLayout }, index) => {
        const own = { serialNumber: 940_000_100 + index, seed: 5 + index };
        return oneMeter({ ...own, modbusPort: 0, load: LOAD, energyLayout });
      }),
    });
  });
  after(() => simulator.close());

  const check = (index: number, ...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('check', '127.0.0.1', '--port', String(simulator.meters[index]?.port), '--interval', '500', ...args);

  it('names each of them, contradicts the built-in layout where another is sent, and fits once it is chosen', async () => {
    const namesEach = async (indices: readonly number[]): Promise<void> => {
      for (const index of indices) {
        const name = ENERGY_CANDIDATES[index]?.name ?? '';
        const first = await check(index, '--seconds', '4', '--json');
        const { energyLayout, verdict } = JSON.parse(first.stdout) as LayoutVerdict;
        assert.equal(energyLayout?.named, name, `${name}: ${JSON.stringify(energyLayout)}`);
        const isBuiltIn = name === 'pairs-gwh-kwh';
        assert.equal(verdict, isBuiltIn ? 'undecided' : 'contradicted', name);
        assert.equal(first.code, isBuiltIn ? 0 : 1);
        const chosen = await check(index, '--seconds', '4', '--energy-layout', name);
        assert.equal(chosen.code, 0, `${name}: ${chosen.stdout}`);
        assert.ok(chosen.stdout.includes(`Energy counters in assembly 107: ${name}\n`), chosen.stdout);
        assert.ok(!chosen.stdout.includes('To apply it'));
      }
    };
    // All at once, a busy computer reads each of them too seldom to tell them apart.
    const indices = ENERGY_CANDIDATES.map((_, index) => index);
    await Promise.all([0, 1, 2].map((third) => namesEach(indices.filter((index) => index % 3 === third))));
  });

  it('says in words which layout to choose, and why the others do not fit', async () => {
    const index = ENERGY_CANDIDATES.findIndex(({ name }) => name === 'counters-64-bit-wh');
    const { stdout } = await check(index, '--seconds', '4', '--details');
    assert.match(stdout, /To apply it choose "counters-64-bit-wh" under Energy counters in pm500-meter/);
    for (const { name } of ENERGY_CANDIDATES) {
      assert.match(stdout, new RegExp(`(confirmed|contradicted) +${name}\\n {8}\\S.*\\.\\n`));
    }
  });

  interface Judged {
    /** The import counter, read after read. */
    readonly samples: readonly Sample[];
    /** What pm500-normalize sent on its second output. */
    readonly events: readonly unknown[];
    /** What it showed last. */
    readonly status: unknown;
    readonly warnings: readonly string[];
  }

  /**
   * The import counter as pm500-poll reads it and pm500-normalize judges it.
   * @param reads at most
   * @param isEnough ends it earlier, by what pm500-normalize shows
   */
  async function judgedWith(
    index: number,
    settings: object,
    reads: number,
    isEnough: (text: string | undefined) => boolean = () => false,
  ): Promise<Judged> {
    const red = new FakeRed();
    for (const register of [pm500Meter, pm500Poll, pm500Normalize]) register(red.api);
    const address = { name: 'feeder', host: '127.0.0.1', port: simulator.meters[index]?.port };
    const meter = red.create('pm500-meter', { ...DEFAULTS['pm500-meter'], id: 'm', ...address, ...settings });
    red.configurations.set('m', Object.assign(meter, { type: 'pm500-meter' }));
    const groups = ['realtime', 'energy'];
    const poll = red.create('pm500-poll', { ...DEFAULTS['pm500-poll'], id: 'p', meter: 'm', mode: 'message', groups });
    const normalize = red.create('pm500-normalize', { ...DEFAULTS['pm500-normalize'], id: 'n' });
    const samples: Sample[] = [];
    const shown = (): string | undefined => (normalize.lastStatus as { text?: string } | undefined)?.text;
    for (let read = 0; read < reads && !isEnough(shown()); read++) {
      const { sent, error } = await poll.receive({});
      assert.equal(error, undefined);
      for (const message of sent) {
        const { sent: telemetry } = await normalize.receive(message);
        for (const { payload } of telemetry) {
          samples.push(...[TELEMETRY.parse(payload).metrics['active_energy_import_total'] ?? []].flat());
        }
      }
    }
    for (const node of [normalize, poll, meter]) await node.close();
    const events = normalize.sentSecond.map(({ payload }) => payload);
    return { samples, events, status: normalize.lastStatus, warnings: normalize.warnings.map(String) };
  }

  const judged = async (index: number, settings: object, reads: number): Promise<readonly Sample[]> =>
    (await judgedWith(index, settings, reads)).samples;

  it('gives no good counter until the right layout was chosen and confirmed, and the right value then', async () => {
    const index = ENERGY_CANDIDATES.findIndex(({ name }) => name === 'counters-64-bit-wh');
    const energyLayout = 'counters-64-bit-wh';
    const before = Number(simulator.meters[index]?.values()['active_energy_import_total']);
    const [wrong, wrongConfirmed, chosen, confirmed] = await Promise.all([
      judged(index, {}, 20),
      judged(index, { layoutConfirmed: true }, 20),
      judged(index, { energyLayout }, 20),
      judged(index, { energyLayout, layoutConfirmed: true }, 20),
    ]);
    const after = Number(simulator.meters[index]?.values()['active_energy_import_total']);
    assert.ok(wrong.every(({ quality }) => quality !== 'good'));
    assert.equal(wrongConfirmed.at(-1)?.quality, 'bad');
    for (const { quality, reason } of chosen) assert.deepEqual([quality, reason], ['uncertain', 'layout_assumed']);
    for (const { quality, value } of confirmed) {
      assert.equal(quality, 'good');
      assert.ok(Number(value) >= before - 1 && Number(value) <= after, `${String(value)} from ${before} to ${after}`);
    }
  });

  it('counts anew when another layout is chosen: the same bytes as another number are no energy', async () => {
    const index = ENERGY_CANDIDATES.findIndex(({ name }) => name === 'pairs-mwh-kwh');
    const red = new FakeRed();
    for (const register of [pm500Meter, pm500Poll, pm500Normalize]) register(red.api);
    const address = { name: 'feeder', host: '127.0.0.1', port: simulator.meters[index]?.port };
    const groups = ['energy'];
    const normalize = red.create('pm500-normalize', { ...DEFAULTS['pm500-normalize'], id: 'n', energyDeltas: true });
    const deltas: (Sample | undefined)[] = [];
    for (const energyLayout of ['pairs-gwh-kwh', 'pairs-mwh-kwh', 'pairs-gwh-kwh']) {
      const config = { ...DEFAULTS['pm500-meter'], id: 'm', ...address, energyLayout, layoutConfirmed: true };
      const meter = red.create('pm500-meter', config);
      red.configurations.set('m', Object.assign(meter, { type: 'pm500-meter' }));
      const poll = red.create('pm500-poll', {
        ...DEFAULTS['pm500-poll'],
        id: 'p',
        meter: 'm',
        mode: 'message',
        groups,
      });
      for (let read = 0; read < 2; read++) {
        for (const message of (await poll.receive({})).sent) {
          for (const { payload } of (await normalize.receive(message)).sent) {
            deltas.push(TELEMETRY.parse(payload).metrics['energy_delta_active_import_total']);
          }
        }
      }
      for (const node of [poll, meter]) await node.close();
    }
    await normalize.close();
    assert.deepEqual(
      deltas.map((delta) => delta?.reason === 'counter_started'),
      [true, false, true, false, true, false],
    );
    // 40 MW for seconds; the counter itself is read a thousand times as large with the other layout.
    for (const delta of deltas) assert.ok(Number(delta?.value ?? 0) < 1e6, JSON.stringify(delta));
    assert.deepEqual(normalize.sentSecond, [], 'nobody is asked');
  });

  it('takes away the good quality of a confirmed layout that another one disproves', async () => {
    const index = ENERGY_CANDIDATES.findIndex(({ name }) => name === 'pairs-mwh-kwh');
    const { samples, events, status, warnings } = await judgedWith(
      index,
      { layoutConfirmed: true },
      20_000,
      (text) => text === 'layout wrong: 9',
    );
    const last = samples.at(-1);
    assert.deepEqual([last?.quality, last?.reason, last?.value], ['bad', 'layout_contradicted', null]);
    assert.deepEqual(status, { fill: 'yellow', shape: 'dot', text: 'layout wrong: 9' });
    const [event, ...more] = events as LayoutVerdict[];
    assert.deepEqual(more, [], 'said once');
    assert.equal(new Ajv().compile(layoutCheckContract(PM500).jsonSchema)(event), true);
    assert.deepEqual([event?.meter.name, event?.verdict], ['feeder', 'contradicted']);
    assert.deepEqual([event?.energyLayout?.inUse, event?.energyLayout?.verdict], ['pairs-gwh-kwh', 'contradicted']);
    assert.equal(warnings.filter((warning) => warning.includes('Assembly 107 is not pairs-gwh-kwh')).length, 1);
  });
});
