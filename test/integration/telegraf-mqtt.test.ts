import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { QUALITY_REASONS, type QualityReason } from '../../src/domain/quality/quality';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import type { EdgeNodeSettings } from '../../src/sparkplug/edge/edge-node';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { fileSessionStore } from '../../src/sparkplug/session/session-store';
import { parseDeviceMessage } from '../../src/sparkplug/metrics/message';
import { silentLogger } from '../../src/support/logger';
import { UNREAD_MEASUREMENT } from '../../tools/telegraf/sparkplug';
import { sampleOf, telemetryOf } from '../../testkit/meters/telemetry';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import type { Environment } from '../../testkit/telegraf/configuration';
import { TELEGRAF_ENVIRONMENT } from '../../testkit/telegraf/environment';
import type { TelegrafMetric } from '../../testkit/telegraf/metric';
import { Telegraf } from '../../testkit/telegraf/telegraf';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';
import { fileOf, rowsOf, written } from '../telegraf/rows';

const AT = 1_767_600_000_123;

/** A telemetry with every metric there is, in all three qualities and with every reason of a bad value. */
function everything(timestamp: number): Telemetry {
  const bad = Object.entries(QUALITY_REASONS).filter(([, { quality }]) => quality === 'bad');
  const samples = ALL_METRICS.map((metric, index): [string, Sample] => {
    const { name, influxType } = metric;
    const number = Math.fround(index * 1.37 - 50);
    const value = influxType === 'boolean' ? index % 2 === 0 : influxType === 'string' ? `text "${index}" ü` : number;
    if (index % 4 === 1)
      return [name, sampleOf(name, value, timestamp, { quality: 'uncertain', reason: 'layout_inferred' })];
    if (index % 4 !== 2) return [name, sampleOf(name, value, timestamp)];
    const [reason] = bad[index % bad.length] ?? assert.fail();
    return [name, sampleOf(name, null, timestamp, { quality: 'bad', reason: reason as QualityReason })];
  });
  const peak = sampleOf('tariff_energy_peak_day', 12.5, timestamp, { unit: 'Wh' });
  const base = telemetryOf(timestamp, {});
  return {
    ...base,
    meter: { ...base.meter, name: 'main incomer', tags: { site: 'steel works', line: 'a=b,c', feeder: '7' } },
    metrics: { ...Object.fromEntries(samples), tariff_energy_peak_day: peak },
  };
}

describe('the MQTT configurations for Telegraf, run by an interpreter of its documentation', () => {
  let broker: Mosquitto;
  let client: MqttClient;
  let environment: Environment;

  before(async () => {
    broker = await startMosquitto();
    client = await connectAsync(broker.url);
    environment = { ...TELEGRAF_ENVIRONMENT, MQTT_URL: `tcp://127.0.0.1:${broker.port}` };
  });

  after(async () => {
    await client.endAsync(true);
    await broker.stop();
  });

  it('JSON: points, tags, qualities and counts of bad values are those of influx-out, for every metric', async () => {
    const telegraf = new Telegraf(fileOf('mqtt-json.conf'), environment);
    await telegraf.start();
    const sent = [everything(AT), telemetryOf(AT + 1, { frequency: 50 }), telemetryOf(AT + 2, { frequency: null })];
    for (const telemetry of sent) {
      await client.publishAsync('powermonitor/main-incomer/telemetry', JSON.stringify(telemetry), { qos: 1 });
    }
    await client.publishAsync('powermonitor/other/telemetry', '{"schema":"pm500.alarm/1","metrics":{"a":{"value":1}}}');
    await client.publishAsync('powermonitor/other/telemetry', 'no JSON', { qos: 1 });
    await waitFor('the last message', () => telegraf.errors.length > 0);
    await telegraf.stop();
    assert.equal(telegraf.errors.length, 1);
    assert.deepEqual(rowsOf(telegraf.metrics), rowsOf(sent.flatMap(written)));
  });

  it('JSON: what comes while Telegraf is away waits at the broker', async () => {
    const own = { ...environment, MQTT_CLIENT_ID: 'telegraf-away' };
    const first = new Telegraf(fileOf('mqtt-json.conf'), own);
    await first.start();
    await first.stop();
    const missed = telemetryOf(AT, { frequency: 49.9 });
    await client.publishAsync('powermonitor/main-incomer/telemetry', JSON.stringify(missed), { qos: 1 });
    const second = new Telegraf(fileOf('mqtt-json.conf'), own);
    await second.start();
    await waitFor('the message', () => second.metrics.length > 0);
    await second.stop();
    assert.deepEqual(rowsOf(second.metrics), rowsOf(written(missed)));
  });

  /** Publishes telemetries by an edge node, then tells what Telegraf has made of them. */
  async function throughSparkplug(node: Partial<EdgeNodeSettings>, sent: readonly Telemetry[]): Promise<Telegraf> {
    const telegraf = new Telegraf(fileOf('sparkplug.conf'), { ...environment, SPARKPLUG_GROUP: 'plant' });
    await telegraf.start();
    const births: string[] = [];
    const watcher = await connectAsync(broker.url);
    watcher.on('message', (topic) => births.push(topic));
    await watcher.subscribeAsync('spBv1.0/plant/+/edge/#');
    const edge = new EdgeSession(
      {
        node: { ...node, groupId: 'plant', edgeNodeId: 'edge' },
        broker: { host: '127.0.0.1', port: broker.port, keepAliveSeconds: 5, connectTimeoutMs: 2000 },
        settleMs: 50,
        quietMs: 200,
      },
      {
        ...realDependencies(),
        bdSeq: createBdSeqCounter(fileSessionStore(`${temporaryFolder('telegraf')}/edge.bdseq`, silentLogger)),
      },
    );
    edge.start();
    const seen = (part: string): number => births.filter((topic) => topic.includes(part)).length;
    for (const [index, telemetry] of sent.entries()) {
      edge.publish(telemetry.meter.name, parseDeviceMessage(telemetry, telemetry.timestamp).samples);
      const count = index === 0 ? (): boolean => seen('/DBIRTH/') === 1 : (): boolean => seen('/DDATA/') >= index;
      await waitFor('the message of the edge node', count);
    }
    await waitFor('Telegraf to have it', () => telegraf.metrics.length > 0);
    await edge.close();
    await waitFor('the death', () => seen('/DDEATH/') + seen('/NDEATH/') > 0);
    await watcher.endAsync(true);
    await telegraf.stop();
    return telegraf;
  }

  /** The tags of a site are no part of Sparkplug; reasons come with births only. */
  const asSparkplug = (metric: TelegrafMetric): TelegrafMetric => {
    const { quality } = metric.tags;
    const counts = Object.values(metric.fields).reduce<number>((sum, value) => sum + Number(value), 0);
    return {
      ...metric,
      tags: { meter: metric.tags['meter'] ?? '', ...(quality === undefined ? {} : { quality }) },
      fields: quality === 'bad' ? { bad_unexplained: counts } : metric.fields,
    };
  };

  it('Sparkplug without aliases: names, values and qualities are those of influx-out, for every metric', async () => {
    const whole = everything(AT);
    const changed = telemetryOf(AT + 1000, { voltage_l1_n: 229.5, frequency: null, alarm_1: true });
    const sent = [whole, { ...changed, meter: whole.meter }];
    const telegraf = await throughSparkplug({ naming: { withoutAliases: true } }, sent);
    assert.deepEqual(telegraf.errors, []);
    const expected = sent.flatMap(written).map(asSparkplug);
    // Counts have the time of the message, values the time at which they were read.
    const isBad = ({ tags }: TelegrafMetric): boolean => tags['quality'] === 'bad';
    const values = telegraf.metrics.filter((metric) => !isBad(metric));
    assert.deepEqual(rowsOf(values), rowsOf(expected.filter((metric) => !isBad(metric))));
    const countsOf = (metrics: readonly TelegrafMetric[]): readonly unknown[] =>
      metrics.filter(isBad).map(({ name, tags, fields }) => [name, tags['meter'], fields['bad_unexplained']]);
    assert.deepEqual([...countsOf(telegraf.metrics)].sort(), [...countsOf(expected)].sort());
  });

  const unreadIn = ({ metrics }: Telegraf): readonly unknown[] =>
    metrics.flatMap(({ name, tags, fields }) =>
      name === UNREAD_MEASUREMENT && tags['meter'] === 'm1' ? [{ ...fields }] : [],
    );

  it('Sparkplug with templates: instances that are not looked into are counted', async () => {
    const node = { naming: { withoutAliases: true }, templates: { version: '1', startedAt: AT } };
    const telegraf = await throughSparkplug(node, [telemetryOf(AT, { voltage_l1_n: 230 })]);
    assert.deepEqual(unreadIn(telegraf), [{ unnamed: 0, in_templates: 1 }]);
  });

  it('Sparkplug with aliases: data that nobody can name is counted, and not lost without a word', async () => {
    const sent = [telemetryOf(AT, { voltage_l1_n: 230 }), telemetryOf(AT + 1, { voltage_l1_n: 231 })];
    const telegraf = await throughSparkplug({}, sent);
    assert.deepEqual(unreadIn(telegraf), [{ unnamed: 1, in_templates: 0 }]);
    assert.equal(telegraf.metrics.filter(({ fields }) => 'voltage_l1_n' in fields).length, 1, 'the birth has names');
  });
});
