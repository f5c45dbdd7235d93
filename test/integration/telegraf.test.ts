import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectAsync, connect, type MqttClient } from 'mqtt';
import { registerPlans } from '../../src/domain/codec/register-plan';
import { TELEMETRY, type Sample, type Telemetry } from '../../src/domain/messages/telemetry';
import { QUALITY_REASONS, type QualityReason } from '../../src/domain/quality/quality';
import { DEFAULT_MAPPING } from '../../src/influx/mapping';
import { PointMapper } from '../../src/influx/points';
import { PM500 } from '../../src/meters/pm500';
import { ALL_METRICS, DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { ModbusServer } from '../../src/simulator/modbus/modbus-server';
import { ModbusTarget, type RegisterSource } from '../../src/simulator/modbus/modbus-target';
import { RegisterImage } from '../../src/simulator/modbus/register-image';
import type { EdgeNodeSettings } from '../../src/sparkplug/edge/edge-node';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { fileSessionStore } from '../../src/sparkplug/session/session-store';
import { parseDeviceMessage } from '../../src/sparkplug/metrics/message';
import { createOpenLink } from '../../src/sparkplug/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { wireAddress } from '../../src/transport/modbus/address';
import { runHere } from '../cli/run-command';
import { TELEGRAF_FOLDER } from '../../tools/telegraf/main';
import { UNREAD_MEASUREMENT } from '../../tools/telegraf/sparkplug';
import { openPseudoTerminal } from '../../testkit/meters/pseudo-terminal';
import { sampleOf, telemetryOf } from '../../testkit/meters/telemetry';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import type { Environment } from '../../testkit/telegraf/configuration';
import { TELEGRAF_ENVIRONMENT } from '../../testkit/telegraf/environment';
import type { FieldValue, TelegrafMetric } from '../../testkit/telegraf/metric';
import { Telegraf } from '../../testkit/telegraf/telegraf';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const AT = 1_767_600_000_123;
/** The file has no variable for it: numbers cannot be any. */
const UNIT = PM500.quirks.modbusUnitId.value;

/** Whatever stands in the same series at the same time is one row: measurement, tags and time to fields. */
type Rows = Readonly<Record<string, Readonly<Record<string, FieldValue>>>>;

function rowsOf(metrics: readonly TelegrafMetric[]): Rows {
  const rows: Record<string, Record<string, FieldValue>> = {};
  for (const { name, tags, fields, timestamp } of metrics) {
    const series = Object.entries(tags).filter(([, value]) => value !== '');
    const key = [name, ...series.map((tag) => tag.join('=')).sort(), timestamp].join(' ');
    for (const [field, value] of Object.entries(fields)) {
      // What is counted is counted for every reason; a count of nothing is no field of influx-out.
      if (field.startsWith('bad_') && value === 0) continue;
      const row = (rows[key] ??= {});
      assert.ok(!(field in row), `${field} of ${key} comes twice`);
      row[field] = value;
    }
  }
  return rows;
}

/** What influx-out writes of a telemetry. */
function written(telemetry: Telemetry): readonly TelegrafMetric[] {
  const { points } = new PointMapper(DEFAULT_MAPPING, DERIVED_METRICS).map(telemetry, 'powermonitor_500');
  return points.map(({ influxMeasurement, tags, fields, timestamp }) => ({
    name: influxMeasurement,
    tags,
    // Numbers, texts, true and false: a telemetry has nothing else.
    fields: fields as TelegrafMetric['fields'],
    timestamp,
  }));
}

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

const fileOf = (name: string): string => join(TELEGRAF_FOLDER, name);

/** The fields of one measurement, whatever their quality. */
function fieldsOf(metrics: readonly TelegrafMetric[]): Record<string, FieldValue> {
  return Object.assign({}, ...metrics.map(({ fields }) => fields)) as Record<string, FieldValue>;
}

/** Registers that a meter at rest has at zero, as a meter at work has them: 123 h 45 min, alarms 1 and 3, output 2. */
const AT_WORK = new Map([
  [301_313, [12_345, 0, 0, 0]],
  [316_385, [0b0101]],
  [316_386, [0b10]],
]);

/** A source of registers with some of them replaced, low words first. */
function replaced(source: RegisterSource, values: ReadonlyMap<number, readonly number[]>): RegisterSource {
  return {
    read: (address, words) => {
      const given = source.read(address, words);
      if (given === undefined) return undefined;
      const bytes = Buffer.from(given);
      for (const [register, numbers] of values) {
        const from = wireAddress(PM500, register) - address;
        if (from < 0 || from >= words) continue;
        numbers.forEach((number, at) => bytes.writeUInt16BE(number, 2 * (from + at)));
      }
      return bytes;
    },
  };
}

/** A meter over TCP that serves one socket and closes a second one. */
function serverOf(target: ModbusTarget): ModbusServer {
  return new ModbusServer(target, {
    maximumSockets: PM500.quirks.modbusTcpSockets.value,
    bind: '127.0.0.1',
    port: 0,
    idleTimeoutMs: 60_000,
    onActivity: () => undefined,
    logger: silentLogger,
  });
}

describe('the Modbus configurations for Telegraf, run by an interpreter of its documentation', () => {
  const asked: (readonly [number, number])[] = [];
  let bench: ModbusBench;
  let target: ModbusTarget;
  /** The same meter, for the reader that the values are held against. */
  let unwatched: ModbusTarget;

  beforeEach(() => {
    asked.length = 0;
    bench = new ModbusBench();
    const source = replaced(new RegisterImage(bench.meter), AT_WORK);
    unwatched = new ModbusTarget(source);
    target = new ModbusTarget({
      read: (address, words) => {
        asked.push([address, words]);
        return source.read(address, words);
      },
    });
  });

  /** The five requests that docs/modbus.md speaks of. */
  const planned = [...registerPlans(PM500).values()]
    .flatMap(({ spans }) => spans)
    .map(({ register, words }) => [wireAddress(PM500, register), words] as const);

  function judge(telegraf: Telegraf, telemetry: Telemetry): void {
    const expected = written(telemetry).filter(({ tags }) => tags['quality'] !== 'bad');
    const [metric, ...others] = telegraf.metrics;
    assert.deepEqual(telegraf.errors, []);
    assert.equal(others.length, 0, 'all registers become one point');
    assert.deepEqual(metric?.tags, {
      meter: 'main-incomer',
      site: 'steel-works',
      area: '',
      line: '',
      asset: '',
      quality: 'uncertain',
    });
    const readings = PM500.registers.groups.flatMap(({ registers }) =>
      registers.flatMap((row) => row.bitMetrics ?? (row.metric === undefined ? [] : [row.metric])),
    );
    assert.deepEqual(Object.keys(metric.fields).sort(), [...readings].sort(), 'every metric of the registers');
    assert.deepEqual({ ...metric.fields }, fieldsOf(expected));
    assert.equal(metric.name, expected[0]?.name);
    const { run_hours: hours, alarm_2: second, alarm_3: third, output_2: output } = metric.fields;
    assert.deepEqual([hours, second, third, output], [123.75, false, true, true]);
  }

  it('over TCP: every value as influx-out writes it, one socket at a time, function 04, no register outside', async () => {
    const [ours, theirs] = [serverOf(unwatched), serverOf(target)];
    const [ourPort, port] = [await ours.open(), await theirs.open()];
    try {
      const address = ['127.0.0.1', '--transport', 'modbus-tcp', '--port', String(ourPort)];
      const { stdout } = await runHere('read', ...address, '--json');
      const telegraf = new Telegraf(fileOf('modbus-tcp.conf'), {
        ...TELEGRAF_ENVIRONMENT,
        PM500_SITE: 'steel-works',
        PM500_PORT: String(port),
      });
      await telegraf.gather(AT);
      judge(telegraf, TELEMETRY.parse(JSON.parse(stdout)));
      assert.ok(
        telegraf.modbus.every(({ isConnected }) => !isConnected),
        'the socket was given back',
      );
      assert.deepEqual([...asked].sort(), [...planned].sort());
      const { acceptedConnections, refusedConnections, functions, exceptions } = theirs.stats;
      assert.deepEqual([acceptedConnections, refusedConnections, exceptions], [1, 0, {}]);
      assert.deepEqual(functions, { 4: planned.length });
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  });

  it('over a serial line: the same', async () => {
    const { path, line, close } = await openPseudoTerminal();
    const server = new ModbusRtuServer(target, UNIT);
    line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    try {
      const serial = ['--transport', 'modbus-rtu', '--serial-port', path, '--unit', `${UNIT}`, '--json'];
      const { stdout } = await runHere('read', ...serial);
      asked.length = 0;
      const telegraf = new Telegraf(fileOf('modbus-rtu.conf'), {
        ...TELEGRAF_ENVIRONMENT,
        PM500_SITE: 'steel-works',
        PM500_SERIAL: path,
      });
      await telegraf.gather(AT);
      judge(telegraf, TELEMETRY.parse(JSON.parse(stdout)));
      assert.deepEqual([...asked].sort(), [...planned].sort());
      assert.deepEqual(Object.keys(target.counts.functions), ['4']);
      await telegraf.stop();
    } finally {
      await close();
    }
  });

  it('takes impossible values out and counts them, and opens the socket anew after a refusal', async () => {
    const faults = { isRefusing: false };
    const impossible = new Map([
      [300_081, [0xffff, 0x7fff]], // overload
      [300_137, [0x0000, 0x42f0]], // 120 Hz
      [301_281, [0, 0, 0, 0x7000]], // beyond the rollover
      [301_313, [199, 0, 0, 0]], // 1 h 99 min
      [316_385, [0b1010]],
    ]);
    const source = replaced(new RegisterImage(bench.meter), impossible);
    const broken = new ModbusTarget({
      read: (address, words) => (faults.isRefusing ? undefined : source.read(address, words)),
    });
    const server = serverOf(broken);
    const port = await server.open();
    const telegraf = new Telegraf(fileOf('modbus-tcp.conf'), { ...TELEGRAF_ENVIRONMENT, PM500_PORT: String(port) });
    try {
      await telegraf.gather(AT);
      const [good, bad] = telegraf.metrics;
      for (const name of ['voltage_l1_n', 'frequency', 'active_energy_import_total', 'run_hours']) {
        assert.ok(!(name in (good?.fields ?? {})), name);
      }
      assert.deepEqual(
        ['alarm_1', 'alarm_2', 'alarm_3', 'alarm_4'].map((name) => good?.fields[name]),
        [false, true, false, true],
      );
      assert.equal(bad?.tags['quality'], 'bad');
      assert.deepEqual({ ...bad.fields }, { bad_not_a_number: 1, bad_out_of_range: 3 });
      faults.isRefusing = true;
      await telegraf.gather(AT + 1);
      assert.deepEqual([telegraf.errors.length, telegraf.metrics.length], [1, 2]);
      assert.ok(telegraf.modbus.every(({ isConnected }) => !isConnected));
      assert.equal(server.stats.acceptedConnections, 3, 'after a failure it connects anew at once');
    } finally {
      await telegraf.stop();
      await server.close();
    }
  });
});

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
        clock: systemClock,
        random: Math.random,
        logger: silentLogger,
        openLink: createOpenLink(connect, systemClock),
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
