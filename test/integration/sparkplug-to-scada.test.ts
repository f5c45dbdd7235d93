import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { GROUPS } from '../../src/meters/pm500/groups';
import { isProcessMember } from '../../src/sparkplug/metrics/template-instances';
import { metricsOfGroup } from '../../tools/demo/telemetry-watch';
import { StrictHost } from '../../testkit/sparkplug/strict-host';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { entryOf, readFlow } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';
import { ROOT } from '../../testkit/root';

const FLOW = 'sparkplug-to-scada.json';
const METER = 'main-incomer';
const LONG = { timeoutMs: 60_000 };
const SOME_READS = 15;
const EVERY_METRIC = GROUPS.flatMap(({ name }) => metricsOfGroup(name));

/** The command of the documentation that asks for a rebirth, as a person would type it. */
function documentedCommand(group: string, edgeNode: string, port: number): string {
  const text = readFileSync(resolve(ROOT, 'docs/sparkplug.md'), 'utf8');
  const [line] = text.split('\n').filter((each) => each.startsWith('printf '));
  assert.ok(line !== undefined, 'the documentation has no such command');
  return `${line.replace('<group>', group).replace('<edge node>', edgeNode)} -h 127.0.0.1 -p ${port}`;
}

async function readsOf({ nodeRed }: Pipeline): Promise<number> {
  const [, reads] = /^pm500_reads_total\{.*\} (\d+)$/m.exec(await nodeRed.admin.get('pm500/metrics')) ?? [];
  return Number(reads);
}

describe('sparkplug-to-scada in Node-RED', () => {
  let pipeline: Pipeline;
  let watcher: MqttClient;
  let host: StrictHost;

  const count = (type: string): number => host.counts[type] ?? 0;
  const press = (button: string): Promise<void> => pipeline.nodeRed.admin.inject(`sparkplug-to-scada-${button}`);

  before(async () => {
    pipeline = await startPipeline();
    host = new StrictHost();
    watcher = await connectAsync(pipeline.broker.url);
    watcher.on('message', (topic, payload, { qos, retain }) => {
      host.observe(topic, payload, { qos, retain });
    });
    await watcher.subscribeAsync('spBv1.0/#', { qos: 1 });
    await pipeline.run(FLOW);
  });

  after(async () => {
    await watcher.endAsync(true);
    await pipeline.stop();
  });

  afterEach(() => {
    assert.deepEqual(host.violations, []);
    assert.deepEqual(pipeline.nodeRed.errors(), []);
  });

  it('gives a host every metric of the meter: the process as a template instance, the others flat', async () => {
    const pathOf = (metric: string): string => `${METER}/${isProcessMember(metric) ? 'process/' : ''}${metric}`;
    const missing = (): readonly string[] => EVERY_METRIC.filter((metric) => !host.values.has(pathOf(metric)));
    await waitFor('every metric', () => missing().length === 0, LONG);
    assert.deepEqual([...host.definitionsOf('steel-works/power-gateway')].sort(), [
      'tpl_alarm_state',
      'tpl_device_process',
      'tpl_edge_health',
    ]);
    assert.equal(
      host.values.get(`${METER}/Properties/Catalog Number`),
      entryOf(readFlow('flows', FLOW), 'pm500-sim')['catalogNumber'],
    );
    assert.ok(Number(host.values.get(`${METER}/process/voltage_l1_n`)) > 100);
    assert.equal(host.qualities.get(`${METER}/process/voltage_l1_n`), 500, 'nobody confirmed the layout');
  });

  it('is born again when the button asks for it, and when the command of the documentation does', async () => {
    const { groupId, edgeNodeId } = entryOf(readFlow('flows', FLOW), 'sparkplug-edge');
    await press('rebirth');
    await waitFor('a rebirth', () => count('NBIRTH') === 2 && host.births.at(-1)?.device === METER);
    const command = documentedCommand(String(groupId), String(edgeNodeId), pipeline.broker.port);
    await promisify(execFile)('sh', ['-c', command]);
    await waitFor('another rebirth', () => count('NBIRTH') === 3 && count('DBIRTH') >= 3);
    assert.equal(count('NDEATH'), 0);
  });

  it('shows the alarms of a lost phase as template instances, and their end', async () => {
    const isActive = (): unknown => host.values.get(`${METER}/alarms/phase_loss_l1/active`);
    await press('lose-phase');
    await waitFor('the alarm', () => isActive() === true, LONG);
    await waitFor('its end', () => isActive() === false, LONG);
  });

  it('with a primary host sends nothing while that is away, and then what it kept as historical', async () => {
    const flow = await pipeline.flow('flows', FLOW);
    const births = count('NBIRTH');
    const out = entryOf(flow, 'sparkplug-out').id;
    const { admin, channel } = pipeline.nodeRed;
    const isWaiting = ({ text }: { readonly text?: string }): boolean => text === 'waiting for host';
    await admin.deploy(
      flow.map((entry) => (entry.type === 'sparkplug-edge' ? { ...entry, primaryHostId: 'practice-host' } : entry)),
    );
    await channel.waitForStatus(out, isWaiting);
    assert.equal(count('NBIRTH'), births);
    await press('online');
    await waitFor('births', () => count('NBIRTH') === births + 1 && host.births.length > 0);
    const deaths = count('NDEATH');
    await press('offline');
    await waitFor('NDEATH', () => count('NDEATH') === deaths + 1);
    await channel.waitForStatus(out, isWaiting);
    const [sent, since, reads] = [count('DDATA'), Date.now(), await readsOf(pipeline)];
    await waitFor('readings without a host', async () => (await readsOf(pipeline)) >= reads + SOME_READS);
    assert.equal(count('DDATA'), sent);
    await press('online');
    await waitFor('history', () =>
      [...host.history.values()].some((values) => values.filter(([at]) => at > since).length >= 2),
    );
  });

  it('the example with two devices makes one edge node with both', async () => {
    const births = count('NBIRTH');
    await pipeline.nodeRed.admin.deploy(await pipeline.flow('examples', 'sparkplug-two-devices.json'));
    for (const device of ['main-incomer', 'feeder-7']) {
      // Flat: the process instance of the flow before cannot be mistaken for it.
      await waitFor(device, () => Number(host.values.get(`${device}/voltage_l1_n`)) > 100);
    }
    assert.equal(count('NBIRTH'), births + 1);
  });
});
