import { strict as assert } from 'node:assert';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { listFlows } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';

/** What a flow file may contain beside the types that nodes register. */
const STRUCTURAL_TYPES = ['tab', 'group', 'subflow'];

describe('examples in Node-RED', () => {
  let pipeline: Pipeline;
  let types: readonly string[];

  before(async () => {
    pipeline = await startPipeline();
    types = (await pipeline.nodeRed.admin.nodes()).flatMap((set) => set.types).concat(STRUCTURAL_TYPES);
  });

  after(async () => {
    await pipeline.stop();
  });

  it('are all that the package offers under Import > Examples', async () => {
    const listed = await pipeline.nodeRed.admin.get('library/examples/flows/@pm500/node-red-powermonitor');
    for (const name of listFlows('examples').filter((path) => !path.includes('/'))) {
      assert.ok(listed.includes(name.replace(/\.json$/, '')), name);
    }
    assert.ok(listed.includes('reference-flows'));
  });

  /** Deploys a flow and gives what Node-RED wrote about it. */
  async function deploy(flow: readonly FlowEntry[]): Promise<string> {
    const { admin, process } = pipeline.nodeRed;
    const before = process.output().length;
    await admin.deploy(flow);
    return waitFor('the start of the flow', () => {
      const text = process.output().slice(before);
      return text.includes('Started flows') && text;
    });
  }

  for (const name of listFlows('examples')) {
    it(`${name} has only types that exist, and deploys without an error`, async () => {
      const flow = await pipeline.flow('examples', name);
      const unknown = flow.map(({ type }) => type).filter((type) => !types.includes(type));
      assert.deepEqual(unknown, []);
      assert.ok(
        flow.some(({ type, info }) => type === 'comment' || (typeof info === 'string' && info !== '')),
        'explains itself',
      );
      const written = await deploy(flow);
      assert.doesNotMatch(written, /\[error\]|missing types|Flows stopped/i);
    });
  }

  /** Deploys an example; gives what a debug node of it has shown since then, newest last. */
  async function run(name: string): Promise<(debug: string) => readonly unknown[]> {
    const { channel } = pipeline.nodeRed;
    const flow = await pipeline.flow('examples', `${name}.json`);
    const earlier = new Map(flow.map(({ id }) => [id, channel.debugsOf(id).length]));
    await deploy(flow);
    return (debug) => {
      const id = `${name}-${debug}`;
      const since = channel.debugsOf(id).slice(earlier.get(id));
      return since.map(({ msg }) => JSON.parse(String(msg)) as unknown);
    };
  }

  it('kpis-of-one-meter shows unbalance and the figures of the day', async () => {
    const shown = await run('kpis-of-one-meter');
    const kpis = await waitFor('figures of the day', () => {
      const newest = shown('all').at(-1) as Readonly<Record<string, number>> | undefined;
      return Number(newest?.['active_energy_import_day']) > 0 && newest;
    });
    assert.ok((kpis['voltage_unbalance'] ?? 100) < 5, String(kpis['voltage_unbalance']));
    for (const name of [
      'current_unbalance',
      'power_factor_day',
      'energy_delta_active_import_total',
      'active_power_total',
    ]) {
      assert.equal(typeof kpis[name], 'number', name);
    }
    assert.ok((kpis['active_power_total'] ?? 0) < 1000, 'kW');
    await pipeline.nodeRed.channel.waitForStatus('kpis-of-one-meter-unbalance', ({ text = '' }) =>
      /^[\d.]+ %$/.test(text),
    );
    await waitFor(
      'the end of a window',
      () => shown('all').some((each) => typeof (each as { interval_demand?: unknown }).interval_demand === 'number'),
      { timeoutMs: 90_000 },
    );
  });

  it('alarm-with-acknowledge goes through raised, acknowledged, latched and reset', async () => {
    const shown = await run('alarm-with-acknowledge');
    const { admin } = pipeline.nodeRed;
    const messages = (): readonly AlarmMessage[] => shown('alarms') as readonly AlarmMessage[];
    const press = (button: string): Promise<void> => admin.inject(`alarm-with-acknowledge-${button}`);
    const until = (event: AlarmMessage['event']): Promise<AlarmMessage> =>
      waitFor(event, () => messages().find((message) => message.event === event));
    await waitFor('a first reading, before which there is nothing to list', async () => {
      await press('list');
      return messages().length > 0;
    });
    await press('lose-phase');
    assert.equal((await until('raised')).alarm?.id, 'phase_1_lost');
    await press('acknowledge');
    assert.equal((await until('acknowledged')).alarm?.acknowledged, true);
    await waitFor('the latched alarm', async () => {
      await press('list');
      return messages().at(-1)?.active[0]?.latched;
    });
    assert.ok(!messages().some(({ event }) => event === 'cleared'), 'it stays until somebody resets it');
    await press('reset');
    assert.deepEqual((await until('cleared')).active, []);
  });

  it('your-own-json-by-jsonata sends what the expression says, and nothing goes wrong', async () => {
    const shown = await run('your-own-json-by-jsonata');
    const own = await waitFor('own JSON', () => shown('json')[0] as Readonly<Record<string, unknown>> | undefined);
    assert.deepEqual(Object.keys(own), ['id', 'at', 'kW', 'volts']);
    assert.equal(own['id'], 'json-feeder');
    assert.ok(Math.abs(Date.parse(String(own['at'])) - Date.now()) < 60_000, JSON.stringify(own));
    assert.ok(Number(own['kW']) > 50 && Number(own['kW']) < 150, String(own['kW']));
    assert.equal((own['volts'] as readonly unknown[]).length, 3);
    assert.deepEqual(shown('fault'), []);
  });
});
