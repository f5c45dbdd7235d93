import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { TELEMETRY, type Telemetry } from '../../src/domain/messages/telemetry';
import { IOT_BATCH, IOT_TELEMETRY, type IotTelemetry } from '../../src/iot/contracts';
import { AwsIotDouble, type Passed } from '../../testkit/aws-iot/broker';
import { stageClaim } from '../../testkit/aws-iot/stage';
import { findImplausible } from '../../tools/demo/plausibility';
import { metricsOfGroup } from '../../tools/demo/telemetry-watch';
import type { NodeRed } from '../../testkit/node-red/node-red';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { isListening } from '../../testkit/servers/ports';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';

const SOME_READINGS = 8;
const MILL = 'pm500/mill-1/steel-works/main-incomer/telemetry';
const OF_MILL = /^pm500\/mill-1\/[^/]+\/main-incomer\/[^/]+$/;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The values that the page of metrics has under a name. */
async function samplesOf({ admin }: NodeRed, name: string): Promise<readonly number[]> {
  const lines = (await admin.get('pm500/metrics')).split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
}

describe('reference flows in Node-RED', () => {
  let pipeline: Pipeline;

  before(async () => {
    pipeline = await startPipeline();
  });

  after(async () => {
    await pipeline.stop();
  });

  afterEach(() => {
    assert.deepEqual(pipeline.nodeRed.errors(), []);
  });

  it('assembly-to-influx writes every real-time metric with the tags of the meter', async () => {
    const { database } = pipeline;
    const flow = await pipeline.run('assembly-to-influx.json');
    const meter = entryOf(flow, 'pm500-meter');
    const series = await waitFor('real-time series', async () => {
      const found = await database.export('{__name__=~"powermonitor_500_.*"}');
      const power = found.find(({ metric }) => metric['__name__'] === 'powermonitor_500_active_power_total');
      return (power?.values.length ?? 0) >= SOME_READINGS && found;
    });
    const names = series.map(({ metric }) => metric['__name__']);
    for (const metric of metricsOfGroup('realtime')) assert.ok(names.includes(`powermonitor_500_${metric}`), metric);
    for (const { metric } of series) {
      const { site, area, line, asset } = metric;
      assert.deepEqual(
        [site, area, line, asset],
        ['site', 'area', 'line', 'asset'].map((tag) => meter[tag]),
      );
      assert.equal(metric['meter'], meter.name);
    }
  });

  it('assembly-to-mqtt publishes telemetry as JSON', async () => {
    const client = await connectAsync(pipeline.broker.url);
    try {
      const received: Telemetry[] = [];
      client.on('message', (_topic, payload) => {
        received.push(TELEMETRY.parse(JSON.parse(payload.toString())));
      });
      const { topic } = entryOf(await pipeline.run('assembly-to-mqtt.json'), 'mqtt out');
      await client.subscribeAsync(String(topic));
      await waitFor('telemetry on MQTT', () => received.length >= SOME_READINGS);
      for (const { metrics } of received) {
        assert.deepEqual(Object.keys(metrics).sort(), [...metricsOfGroup('realtime')].sort());
        for (const [name, sample] of Object.entries(metrics)) assert.notEqual(sample.quality, 'bad', name);
      }
      assert.deepEqual(findImplausible(received), []);
    } finally {
      await client.endAsync(true);
    }
  });

  it('iot-telemetry publishes records that the broker has acknowledged', async () => {
    const client = await connectAsync(pipeline.broker.url);
    try {
      const received: IotTelemetry[] = [];
      client.on('message', (topic, payload) => {
        assert.equal(topic, 'pm500/steel-works/rolling-mill/main-incomer/telemetry');
        received.push(IOT_TELEMETRY.parse(JSON.parse(payload.toString())));
      });
      await client.subscribeAsync('pm500/+/+/+/telemetry', { qos: 1 });
      await pipeline.run('iot-telemetry.json');
      await waitFor('records on MQTT', () => received.length >= SOME_READINGS);
      for (const { metrics, qualities } of received) {
        assert.deepEqual(Object.keys(metrics).sort(), [...metricsOfGroup('realtime')].sort());
        for (const [name, quality] of Object.entries(qualities)) assert.equal(quality, 'uncertain', name);
      }
      const numbers = received.map(({ sequence }) => sequence);
      const [first = 0] = numbers;
      assert.deepEqual(
        numbers,
        [...numbers.keys()].map((at) => first + at),
        'in order, none missing, none twice',
      );
    } finally {
      await client.endAsync(true);
    }
  });

  it('aws-iot-telemetry gets its certificate with a staged claim, and publishes under the policy of its thing', async () => {
    const double = await new AwsIotDouble().start(8883);
    try {
      stageClaim(double, join(pipeline.nodeRed.userDir, 'aws-iot'), 'mill-1');
      await pipeline.run('aws-iot-telemetry.json');
      const telemetry = (): readonly Passed[] => double.messages.filter(({ topic }) => topic === MILL);
      await waitFor('telemetry', () => telemetry().length >= SOME_READINGS);
      const { account } = double.services;
      const [own, ...others] = account.activeOf('mill-1').map(({ id }) => id);
      assert.deepEqual([others, double.violations], [[], []]);
      for (const { certificateId, clientId } of double.messages)
        assert.deepEqual([certificateId, clientId], [own, 'mill-1']);
      const numbersOf = (messages: readonly Passed[]): readonly number[] =>
        messages.flatMap(({ payload }) => IOT_BATCH.parse(JSON.parse(payload)).records.map(({ sequence }) => sequence));
      const inOrder = (numbers: readonly number[]): readonly number[] =>
        [...numbers].sort((left, right) => left - right);
      const numbers = numbersOf(telemetry());
      assert.deepEqual(numbers, inOrder(numbers), 'in order');
      // What happens to a meter, such as a read that failed, is numbered with its telemetry.
      await waitFor('every number once', () => {
        const [first = 0, ...others] = inOrder(numbersOf(double.messages.filter(({ topic }) => OF_MILL.test(topic))));
        return others.every((number, at) => number === first + at + 1);
      });
    } finally {
      await pipeline.nodeRed.admin.deploy([]);
      await double.stop();
    }
  });

  it('listen-only-to-influx takes part in what a PLC has the meter send', async () => {
    const { database, nodeRed } = pipeline;
    const flow = await pipeline.run('listen-only-to-influx.json');
    assert.equal(entryOf(flow, 'pm500-meter')['transport'], 'listen-only');
    await waitFor('its values', async () => {
      const found = await database.export('powermonitor_500_voltage_l1_n{meter="press-shop"}');
      return found.some(({ values }) => values.length >= SOME_READINGS);
    });
    assert.match(await nodeRed.admin.get('pm500/metrics'), /^pm500_up\{.*transport="listen-only"\} 1$/m);
  });

  it('modbus-diagnostics reads registers in a maintenance window only', async () => {
    const { database, nodeRed } = pipeline;
    await pipeline.run('modbus-diagnostics.json');
    const metrics = (): Promise<string> => nodeRed.admin.get('pm500/metrics');
    await waitFor('the refusal', async () => /^pm500_failed_reads_total\{.*modbus-tcp"\} [1-9]/m.test(await metrics()));
    assert.match(await metrics(), /^pm500_reads_total\{.*modbus-tcp"\} 0$/m);
    await nodeRed.admin.inject('modbus-diagnostics-open');
    await waitFor('registers', async () => {
      const found = await database.export('powermonitor_500_active_energy_import_total{meter="boiler-house"}');
      return found.some(({ values }) => values.length > 0);
    });
    assert.match(await metrics(), /^pm500_maintenance_seconds\{.*modbus-tcp"\} [1-9]/m);
    await nodeRed.admin.inject('modbus-diagnostics-close');
    await waitFor('the end of the window', async () =>
      /^pm500_maintenance_seconds\{.*modbus-tcp"\} 0$/m.test(await metrics()),
    );
    // That it waits for a window is said once before and once after, and is no error.
    const lines = nodeRed.process.output().split('\n');
    const refusals = lines.filter((line) => line.includes('open a maintenance window by message first'));
    assert.ok(refusals.length >= 1 && refusals.every((line) => line.includes('[warn]')), refusals.join('\n'));
  });

  it('fleet-site reads 50 meters without a missed slot, to InfluxDB and as 50 Sparkplug devices', async () => {
    const { database, broker, nodeRed } = pipeline;
    const client = await connectAsync(broker.url);
    try {
      const births = new Set<string>();
      client.on('message', (topic) => void births.add(topic));
      await client.subscribeAsync('spBv1.0/+/DBIRTH/#');
      await pipeline.run('fleet-site.json');
      await waitFor('50 births', () => births.size === 50);
      await waitFor('50 meters in the database', async () => {
        const found = await database.export('powermonitor_500_active_power_total{meter=~"feeder-.*"}');
        return new Set(found.map(({ metric }) => metric['meter'])).size === 50;
      });
      assert.equal((await samplesOf(nodeRed, 'pm500_missed_slots_total')).length, 50);
      const counts = async (): Promise<{ reads: number; missed: number }> => ({
        missed: sum(await samplesOf(nodeRed, 'pm500_missed_slots_total')),
        reads: sum(await samplesOf(nodeRed, 'pm500_reads_total')),
      });
      let begin = await counts();
      await waitFor(
        'ten cycles in a row without a missed slot',
        async () => {
          const now = await counts();
          // A computer that leaves the process no time costs slots, whatever the process does.
          if (now.missed > begin.missed) begin = now;
          return now.reads >= begin.reads + 1000;
        },
        { timeoutMs: 70_000 },
      );
    } finally {
      await client.endAsync(true);
    }
  });

  it('kpi-and-alarms works out KPIs, raises the alarm of a lost phase and clears it', async () => {
    const client = await connectAsync(pipeline.broker.url);
    try {
      const telemetry: Telemetry[] = [];
      const alarms: AlarmMessage[] = [];
      client.on('message', (topic, payload) => {
        const message: unknown = JSON.parse(payload.toString());
        if (topic === 'pm500/kpi') telemetry.push(TELEMETRY.parse(message));
        else alarms.push(message as AlarmMessage);
      });
      await client.subscribeAsync(['pm500/kpi', 'pm500/alarms']);
      await pipeline.run('kpi-and-alarms.json');
      const unbalance = (): number | undefined => {
        const value = telemetry.at(-1)?.metrics['voltage_unbalance']?.value;
        return typeof value === 'number' ? value : undefined;
      };
      await waitFor('a first KPI', () => (unbalance() ?? 100) < 5);
      const { nodeRed } = pipeline;
      await nodeRed.admin.inject('kpi-and-alarms-lose-phase');
      const raised = await waitFor(
        'the alarm',
        () => alarms.find(({ event, alarm }) => event === 'raised' && alarm?.id === 'phase_loss_l1'),
        { timeoutMs: 30_000 },
      );
      assert.ok(raised.active.some(({ id }) => id === 'phase_loss_l1'));
      // Between the lines two voltages are those of one phase then: 277, 480, 277 V, 39 % from their mean.
      await waitFor('the unbalance of a lost phase', () => (unbalance() ?? 0) > 30);
      await waitFor(
        'its end',
        () => alarms.some(({ event, alarm }) => event === 'cleared' && alarm?.id === 'phase_loss_l1'),
        { timeoutMs: 60_000 },
      );
      for (const { metrics } of telemetry)
        assert.notEqual(metrics['voltage_l1_n']?.quality, 'good', 'nobody confirmed the layout');
    } finally {
      await client.endAsync(true);
    }
  });

  it('an empty deployment lets go of the meter', async () => {
    const port = Number(entryOf(await pipeline.run('assembly-to-mqtt.json'), 'pm500-sim')['port']);
    await waitFor('the simulated meter', () => isListening(port));
    await pipeline.nodeRed.admin.deploy([]);
    await waitFor('its end', async () => !(await isListening(port)));
  });
});
