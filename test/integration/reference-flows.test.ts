import { strict as assert } from 'node:assert';
import { connectAsync } from 'mqtt';
import { parseTelemetry } from '../../src/domain/parse-message';
import type { Telemetry } from '../../src/domain/telemetry';
import { findImplausible } from '../../tools/demo/plausibility';
import { metricsOfGroup } from '../../tools/demo/telemetry-watch';
import { startPipeline, type Pipeline } from '../support/pipeline';
import { isListening } from '../support/ports';
import { entryOf } from '../support/reference-flows';
import { waitFor } from '../support/wait';

const SOME_READINGS = 8;

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
        received.push(parseTelemetry(JSON.parse(payload.toString())));
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

  it('an empty deployment lets go of the meter', async () => {
    const port = Number(entryOf(await pipeline.run('assembly-to-mqtt.json'), 'pm500-sim')['port']);
    await waitFor('the simulated meter', () => isListening(port));
    await pipeline.nodeRed.admin.deploy([]);
    await waitFor('its end', async () => !(await isListening(port)));
  });
});
