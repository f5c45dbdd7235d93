import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { connect } from 'mqtt';
import { get } from 'sparkplug-payload';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { TELEMETRY } from '../../../src/domain/messages/telemetry';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { createOpenLink } from '../../../src/mqtt/mqtt-link';
import { MemoryOutbox } from '../../../src/outbox/memory';
import { encodePayload, type PayloadMetric } from '../../../src/sparkplug/codec/payload';
import { parseDeviceMessage } from '../../../src/sparkplug/metrics/message';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import { systemClock } from '../../../src/support/clock';
import { AwsIotDouble } from '../../../testkit/aws-iot/broker';
import { SPARKPLUG_GROUP } from '../../../testkit/aws-iot/policy';
import { NormalizeBench } from '../../../testkit/meters/normalize-bench';
import { plantReading, RecordedPlant } from '../../../testkit/meters/plant-readings';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { realDependencies } from '../../../testkit/sparkplug/real-dependencies';
import { waitFor } from '../../../testkit/wait';
import { arnText, statementsOf } from '../lib/policy-check';
import { HOME } from '../lib/settings';
import table from '../lake/sparkplug.json';
import { deployedRules, FORMS, SparkplugPath, type SparkplugRow } from './sparkplug-bench';
import { ENV, synthesizeStack, type Synthesized } from './synth';

const THING = 'mill-1';
const METER = 'main-incomer';
const STEP_MS = 900_000;
/** Values that are long in JSON. */
const VALUES = { Float: 1.17549435e-38, Double: -1.7976931348623157e308, Boolean: false, String: 'x' } as const;
const topicOf = (type: string): string => `spBv1.0/${SPARKPLUG_GROUP}/${type}/${THING}/${METER}`;

describe('Sparkplug B into the lake', function () {
  this.timeout(120_000);
  let stack: Synthesized;
  let rules: ReturnType<typeof deployedRules>;
  before(() => {
    stack = synthesizeStack();
    rules = deployedRules(stack);
  });

  it('has rules that begin once their descriptor set is there, which AWS IoT alone may read, for these rules', () => {
    const all = Object.entries(stack.resources);
    const [uploadId = ''] = all.find(([, { Type }]) => Type === 'Custom::CDKBucketDeployment') ?? [];
    const made = all.filter(
      ([, { Properties }]) => (JSON.stringify(Properties) as string | undefined)?.includes('spBv1.0/plant/D') === true,
    );
    const ofRules = made.filter(([, { Type }]) => Type === 'AWS::IoT::TopicRule');
    assert.equal(ofRules.length, 2);
    const names = ofRules.map(([, { Properties, DependsOn = [] }]) => {
      assert.ok(
        [...DependsOn].some((each) => uploadId.startsWith(each) || each.startsWith(uploadId)),
        String(DependsOn),
      );
      return String(Properties['RuleName']);
    });
    const reads = statementsOf(stack.resources).flatMap(({ type, statement }) =>
      type === 'AWS::S3::BucketPolicy' && arnText(statement['Sid']) === 'RulesDecode' ? [statement] : [],
    );
    assert.equal(reads.length, 1);
    const [{ Action, Principal, Condition } = assert.fail()] = reads;
    assert.deepEqual([Action, Principal], ['s3:GetObject', { Service: 'iot.amazonaws.com' }]);
    const { account, region } = ENV;
    assert.deepEqual(Condition, {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': names.map((name) => `arn:aws:iot:${region}:${account}:rule/${name}`) },
    });
    const alarms = all
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => Properties['AlarmName']);
    for (const name of [
      'sparkplug-late',
      'sparkplug-conversion',
      'sparkplug-partitions',
      'sparkplug-not-handed-on',
      'function-sparkplug',
    ])
      assert.ok(alarms.includes(`pm500-${name}`), name);
  });

  /** Rows of one payload, the same whatever the documents of AWS leave open. */
  function rowsOf(
    payload: Uint8Array,
    type = 'DDATA',
  ): { readonly path: SparkplugPath; readonly rows: readonly SparkplugRow[] } {
    const [path = assert.fail(), ...others] = FORMS.map((form) => {
      const made = new SparkplugPath(rules, form);
      made.take({ topic: topicOf(type), payload: Buffer.from(payload), receivedMs: 5 });
      return made;
    });
    for (const other of others) assert.deepEqual([other.rows, other.log.length], [path.rows, path.log.length]);
    return { path, rows: path.rows };
  }

  describe('of an edge node at the double of AWS IoT', () => {
    const double = new AwsIotDouble();
    const start = Math.floor(Date.now() / STEP_MS) * STEP_MS - 20 * STEP_MS;
    const plant = new RecordedPlant(start);
    /** Wh by time, as the plant says it. */
    const truth = new Map<number, number>();
    const power = new Map<number, number>();
    /** Of the power, as telemetry has it, in the numbers of Sparkplug. */
    const quality = new Map<number, number>();
    let session: EdgeSession;

    before(async function () {
      this.timeout(60_000);
      await double.start();
      const key = makeKey();
      const certificate = double.services.account.issue(makeRequest(key, THING));
      Object.assign(certificate, {
        status: 'ACTIVE',
        thing: THING,
        policies: new Set(['pm500-edge', 'pm500-sparkplug']),
      });
      const bench = new NormalizeBench({});
      session = new EdgeSession(
        {
          node: {
            ...{ groupId: SPARKPLUG_GROUP, edgeNodeId: THING, watchesDuplicates: true },
            naming: { withoutAliases: true, datatypesInData: true },
          },
          broker: { host: '127.0.0.1', port: double.port, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
          clientId: `${THING}.sparkplug`,
          readTls: () => ({ cert: certificate.pem, key, ca: double.ca, rejectUnauthorized: true }),
          history: { valuesPerSecond: 5000, store: { maximumBytes: 1e9 } },
          settleMs: 50,
        },
        {
          ...realDependencies(),
          openLink: createOpenLink(connect, systemClock),
          outbox: new MemoryOutbox({ maximumBytes: 10_000_000 }, systemClock),
        },
      );
      session.start();
      const publish = async (places: readonly number[]): Promise<void> => {
        for (const place of places) {
          const at = start + place * STEP_MS;
          const counters = { active: 5_000_000_000 + plant.energyAt(at), reactive: plant.energyAt(at, 'reactive') };
          truth.set(at, counters.active);
          power.set(at, plant.powerAt(at));
          const [message] = await bench.accept(plantReading(plant, at, counters, METER));
          const { active_power_total: sample } = TELEMETRY.parse(message?.payload).metrics;
          quality.set(at, { good: 192, uncertain: 500, bad: 0 }[sample?.quality ?? assert.fail()]);
          session.publish(METER, parseDeviceMessage(message?.payload, Date.now()).samples);
        }
      };
      const counted = (): number =>
        new Set(rowsOfEdge().flatMap((row) => (row['metric'] === 'active_energy_import_total' ? [row['time_ms']] : [])))
          .size;
      await waitFor('the session', () => session.state.phase === 'born');
      await publish([0]);
      await waitFor('the birth of the meter', () => counted() === 1);
      await publish([1, 2, 3, 4]);
      await waitFor('what was published', () => counted() === 5);
      for (const each of double.sessions) each.end();
      await waitFor('the end of the connection', () => session.state.phase !== 'born');
      await publish([5, 6, 7, 8, 9]);
      await waitFor('the session again', () => session.state.phase === 'born');
      await publish([10]);
      await waitFor('what was kept meanwhile', () => counted() === 11);
    });
    after(async () => {
      await session.close();
      await double.stop();
    });

    function rowsOfEdge(form = FORMS[0] ?? assert.fail()): readonly SparkplugRow[] {
      const path = new SparkplugPath(rules, form);
      for (const { topic, bytes } of double.messages) path.take({ topic, payload: bytes, receivedMs: 7 });
      assert.deepEqual([path.lost, path.refused, path.log], [0, [], []]);
      return path.rows;
    }

    it('broke no rule, and got by with the rights of the two policies', () => {
      assert.deepEqual(double.violations, []);
      const types = new Set(double.messages.map(({ topic }) => topic.split('/')[2]));
      for (const type of ['NBIRTH', 'DBIRTH', 'DDATA']) assert.ok(types.has(type), type);
    });

    for (const form of FORMS)
      it(`has every value as the plant had it, through an outage (${form.fields}, 64 bits as ${form.longs})`, () => {
        const rows = rowsOfEdge(form);
        const of = (metric: string): readonly SparkplugRow[] => rows.filter((row) => row['metric'] === metric);
        // The two registers of the counter are singles, so the meter says it to some thousandths.
        const energy = new Map(
          of('active_energy_import_total').map((row) => [row['time_ms'], Math.round(Number(row['value']) * 100) / 100]),
        );
        assert.deepEqual(energy, truth);
        for (const { time_ms: at, value } of of('active_power_total'))
          // A meter says power as a single.
          assert.equal(Math.fround(Number(value)), Math.fround(power.get(Number(at)) ?? NaN), String(at));
        const late = of('active_energy_import_total').filter((row) => row['is_historical'] === true);
        assert.ok(late.length >= 4, 'what was kept is told apart');
        for (const row of rows)
          assert.deepEqual([row['edge'], row['device'], row['unread']], [THING, METER, undefined]);
        assert.ok(rows.some((row) => row['message'] === 'DBIRTH' && row['quality'] === 192));
        for (const row of of('active_power_total'))
          assert.equal(row['quality'] ?? 192, quality.get(Number(row['time_ms'])), String(row['time_ms']));
      });

    it('lies in Parquet as the table says, and adds up by a query', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pm500-sparkplug-'));
      const instance = await DuckDBInstance.create(':memory:');
      const database = await instance.connect();
      try {
        const input = join(folder, 'rows.json');
        const rows = rowsOfEdge();
        const known = new Set(table.columns.map(({ name }) => name));
        for (const row of rows) for (const name of Object.keys(row)) assert.ok(known.has(name), name);
        writeFileSync(input, rows.map((row) => JSON.stringify(row)).join('\n'));
        const types: Readonly<Record<string, string>> = { string: 'VARCHAR', bigint: 'BIGINT', int: 'INTEGER' };
        const columns = table.columns
          .map(({ name, type }) => `"${name}": '${types[type] ?? type.toUpperCase()}'`)
          .join(', ');
        const parquet = join(folder, 'rows.parquet');
        await database.run(
          `COPY (SELECT * FROM read_json('${input}', format = 'newline_delimited', columns = {${columns}})) TO '${parquet}' (FORMAT parquet)`,
        );
        const reader = await database.runAndReadAll(
          `SELECT count(*) AS rows, sum(round(value, 2)) AS total FROM (SELECT DISTINCT device, metric, time_ms, value FROM '${parquet}')
           WHERE metric = 'active_energy_import_total'`,
        );
        const [found = assert.fail()] = reader.getRowObjectsJson();
        const sum = [...truth.values()].reduce((all, each) => all + each, 0);
        assert.deepEqual([Number(found['rows']), Number(found['total'])], [truth.size, sum]);
      } finally {
        database.closeSync();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  describe('of another encoder, sparkplug-payload', () => {
    const at = Date.now();
    const encode = (metrics: readonly object[]): Uint8Array =>
      (get('spBv1.0') ?? assert.fail()).encodePayload({ timestamp: at, seq: 7, metrics: metrics as never });

    it('has values by their datatypes, signs included', () => {
      const cases: readonly (readonly [type: string, value: unknown, column: string, expected: unknown])[] = [
        ['Int8', -1, 'value', -1],
        ['Int16', -300, 'value', -300],
        ['Int32', -70_000, 'value', -70_000],
        ['Int64', 5, 'value', 5],
        ['UInt8', 200, 'value', 200],
        ['UInt16', 60_000, 'value', 60_000],
        ['UInt32', 4_000_000_000, 'value', 4_000_000_000],
        ['UInt64', 9_000_000_000_000, 'value', 9_000_000_000_000],
        ['Float', 0.5, 'value', 0.5],
        ['Double', 1.1, 'value', 1.1],
        ['Boolean', false, 'flag', false],
        ['Boolean', true, 'flag', true],
        ['String', '', 'text', ''],
        ['String', 'Prüfstand "7"\n', 'text', 'Prüfstand "7"\n'],
        ['Int32', 0, 'value', 0],
      ];
      const metrics = cases.map(([type, value], place) => ({ name: `m${place}`, type, value, timestamp: at + place }));
      const { rows } = rowsOf(encode(metrics));
      assert.equal(rows.length, cases.length);
      for (const [place, [type, , column, expected]] of cases.entries()) {
        const row = rows[place] ?? assert.fail();
        assert.deepEqual([row['metric'], row[column], row['time_ms']], [`m${place}`, expected, at + place], type);
        assert.deepEqual([row['seq'], row['sent_ms'], row['received_ms'], row['unread']], [7, at, 5, undefined], type);
        const others = ['value', 'flag', 'text'].filter((each) => each !== column && row[each] !== undefined);
        assert.deepEqual(others, [], type);
      }
    });
  });

  const at = Date.now();
  const metric = { name: 'm', type: 'Float', value: 1, timestamp: at } as const;
  const named = { hasAliases: false, hasAllNames: true, hasDatatypes: true };

  it('says nothing of a whole number whose sign nobody knows, and keeps its digits', () => {
    const whole = { ...metric, type: 'Int32', value: -1 } as const;
    const { rows } = rowsOf(encodePayload({ timestamp: at, metrics: [whole] }, { ...named, hasDatatypes: false }));
    const [row = assert.fail()] = rows;
    assert.deepEqual(
      [row['value'], row['text'], row['unread']],
      [undefined, '4294967295', 'its datatype was not sent'],
    );
  });

  it('rounds no whole number of 64 bits: where JSON had it as a number, there is none', () => {
    for (const [type, value] of [
      ['UInt64', 2n ** 53n + 1n],
      ['Int64', -5n],
    ] as const) {
      const payload = Buffer.from(encodePayload({ timestamp: at, metrics: [{ ...metric, type, value }] }, named));
      for (const form of FORMS) {
        const path = new SparkplugPath(rules, form);
        path.take({ topic: topicOf('DDATA'), payload, receivedMs: 1 });
        const [{ text, value: said, unread } = assert.fail()] = path.rows;
        if (form.longs === 'number') assert.deepEqual([said, unread], [undefined, 'it is no whole number']);
        else assert.equal(type === 'Int64' ? BigInt(said ?? 0) : BigInt(text ?? 0), value);
      }
    }
  });

  it('has no value where one is null, bad or no number, and tells the quality', () => {
    const properties = { Quality: { type: 'Int32', value: 0 } } as const;
    const { rows } = rowsOf(
      encodePayload(
        {
          timestamp: at,
          metrics: [
            { ...metric, value: null, properties },
            { ...metric, type: 'Double', value: NaN },
            { ...metric, type: 'Bytes', value: new Uint8Array(3) },
          ],
        },
        named,
      ),
    );
    assert.deepEqual(
      rows.map((row) => [row['value'], row['quality'], row['unread'] !== undefined]),
      [
        [undefined, 0, false],
        [undefined, undefined, true],
        [undefined, undefined, true],
      ],
    );
  });

  it('has the members of a template under its name', () => {
    const members = [metric, { ...metric, name: 'n', value: 2 }];
    const payload = encodePayload(
      {
        timestamp: at,
        metrics: [{ ...metric, name: 'process', type: 'Template', value: { templateRef: 't', members } }],
      },
      named,
    );
    assert.deepEqual(
      rowsOf(payload).rows.map((row) => [row['metric'], row['value']]),
      [
        ['process/m', 1],
        ['process/n', 2],
      ],
    );
  });

  it('refuses aliases, what is no Sparkplug and what no query would find, keeps it, and counts it', () => {
    const cases: readonly (readonly [payload: Uint8Array, reason: RegExp])[] = [
      [
        encodePayload(
          { timestamp: at, metrics: [{ ...metric, alias: 3 }] },
          { ...named, hasAliases: true, hasAllNames: false },
        ),
        /A metric has no name/,
      ],
      [Buffer.from([255, 255, 255]), /could not be decoded/],
      [encodePayload({ metrics: [metric] }, named), /no day that queries see/],
      [encodePayload({ timestamp: at + 366 * 86_400_000, metrics: [metric] }, named), /no day that queries see/],
    ];
    for (const [payload, reason] of cases) {
      const { path } = rowsOf(payload);
      assert.deepEqual([path.rows.length, path.refused.length], [0, 1], String(reason));
      assert.match(path.log.join(), reason);
      assert.match(path.log.join(), /"RefusedRecords":1/);
    }
  });

  it('hands every message on that is no larger than README.md says, and none is lost unnoticed that is', () => {
    const [, kilobytes = ''] = /_Largest message_ (\d+) kB/.exec(readFileSync(join(HOME, 'README.md'), 'utf8')) ?? [];
    const most = Number(kilobytes) * 1000;
    const { samples } = parseDeviceMessage(
      telemetryOf(at, Object.fromEntries(ALL_METRICS.map(({ name, sparkplugType }) => [name, VALUES[sparkplugType]]))),
      at,
    );
    const birth = samples.map((each) => ({
      ...each,
      properties: { ...each.description, ...each.condition.properties.properties },
    }));
    const data = samples.map((each) => ({ ...each, properties: each.condition.lasting, isHistorical: true }));
    for (const each of [birth, data])
      for (const isLarger of [false, true]) {
        const metrics: PayloadMetric[] = [];
        const encoded = (): Uint8Array => encodePayload({ timestamp: at, seq: 1, metrics }, named);
        while (encoded().length < (isLarger ? 128_000 : most)) metrics.push(...(each as PayloadMetric[]));
        while (!isLarger && encoded().length > most) metrics.pop();
        const path = new SparkplugPath(rules, FORMS[3] ?? assert.fail());
        path.take({ topic: topicOf('DDATA'), payload: Buffer.from(encoded()), receivedMs: at });
        assert.deepEqual([path.rows.length, path.lost], isLarger ? [0, 1] : [metrics.length, 0]);
      }
  });

  it('takes births and data of devices of its group alone, and is done with what has no values', () => {
    const path = new SparkplugPath(rules, FORMS[0] ?? assert.fail());
    const payload = Buffer.from(encodePayload({ timestamp: at, metrics: [metric] }, named));
    for (const topic of [
      topicOf('DCMD'),
      topicOf('DDEATH'),
      `spBv1.0/other/DDATA/${THING}/${METER}`,
      `${topicOf('DDATA')}/x`,
    ])
      path.take({ topic, payload, receivedMs: 1 });
    path.take({
      topic: topicOf('DDATA'),
      payload: Buffer.from(encodePayload({ timestamp: at, metrics: [] })),
      receivedMs: 1,
    });
    assert.deepEqual([path.rows, path.refused, path.lost], [[], [], 0]);
  });
});
