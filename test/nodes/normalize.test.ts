import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import pm500Normalize from '../../nodes/pm500-normalize';
import { Pm500Error } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { sampleReading } from '../../testkit/meters/readings';

describe('pm500-normalize', () => {
  const reading = sampleReading([101, 108], seededRandom(1), Date.now());
  const created: FakeNode[] = [];

  afterEach(async () => {
    for (const node of created.splice(0)) await node.close();
  });

  function create(properties: object): FakeNode {
    const red = new FakeRed();
    pm500Normalize(red.api);
    // The reading was made before tests that may take a minute.
    const node = red.create('pm500-normalize', { staleSeconds: 0, ...properties });
    created.push(node);
    return node;
  }

  it('sends telemetry on the same message', async () => {
    const node = create({ shape: 'telemetry' });
    const message = { payload: reading, topic: 'main-incomer', extra: 1 };
    const { sent, error } = await node.receive(message);
    assert.equal(error, undefined);
    assert.equal(sent[0], message);
    assert.equal(Object.keys(TELEMETRY.parse(message.payload).metrics).length, 18);
    assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text: 'confirm layout: 12' });
  });

  it('shows green only when every value is good', async () => {
    const node = create({});
    await node.receive({ payload: { ...reading, layout: { ...reading.layout, confirmed: true } } });
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: '18 metrics' });
  });

  it('counts in words: one alarm is an alarm', async () => {
    const rule = (id: string): object => ({ id, metric: 'frequency', condition: 'above', limit: -1 });
    const confirmed = sampleReading([102, 108], seededRandom(1), Date.now());
    for (const [rules, text] of [
      [[rule('a')], '1 alarm'],
      [[rule('a'), rule('b')], '2 alarms'],
    ] as const) {
      const node = create({ alarmRules: JSON.stringify(rules) });
      await node.receive({ payload: confirmed });
      assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text });
    }
  });

  it('keeps saying that settings are left out, yellow, unless something worse is to be shown', async () => {
    const confirmed = { ...reading, layout: { ...reading.layout, confirmed: true } };
    const [block] = confirmed.blocks;
    assert.ok(block);
    const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
    for (const [properties, text] of [
      [{ tariff: '{' }, 'check 1 setting'],
      [{ tariff: '{', alarmRules: '[1]' }, 'check 2 settings'],
    ] as const) {
      const node = create(properties);
      assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text: 'see the log' });
      for (const payload of [reading, confirmed, reading]) {
        await node.receive({ payload });
        assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text });
      }
      await node.receive({ payload: { ...confirmed, blocks: [{ ...block, values: {}, error }] } });
      assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text: '12 of 18 bad' });
      const failed = confirmed.blocks.map((each) => ({ ...each, values: {}, error }));
      await node.receive({ payload: { ...confirmed, blocks: failed } });
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: '18 of 18 bad' });
    }
  });

  it('sends names and values when that was chosen', async () => {
    const { sent } = await create({ shape: 'flat' }).receive({ payload: reading });
    const flat = sent[0]?.payload as Record<string, unknown>;
    assert.equal(flat['voltage_l1_n'], reading.blocks[0]?.values['voltage_l1_n']);
    assert.equal((sent[0] as { timestamp?: number }).timestamp, reading.timestamp);
  });

  it('shows how many values are bad', async () => {
    const node = create({});
    const [block] = reading.blocks;
    assert.ok(block);
    const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
    await node.receive({ payload: { ...reading, blocks: [{ ...block, values: {}, error }] } });
    assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: '12 of 12 bad' });
  });

  it('refuses any other message in one sentence', async () => {
    for (const payload of [undefined, null, 'text', 5, [], {}, { schema: 'pm500.telemetry/1' }]) {
      const node = create({});
      const { sent, error } = await node.receive({ payload });
      assert.ok(error instanceof Pm500Error);
      assert.match(error.message, /^payload.* expected .*; send the message of a pm500-poll node\.$/);
      assert.equal(sent.length, 0);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'wrong message' });
    }
  });

  it('turns red and answers every message when its configuration is wrong', async () => {
    const node = create({ shape: 'round' });
    assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
    assert.match(
      String(node.errors[0]),
      /^pm500-normalize: shape is "round", expected one of telemetry, flat, perMetric,/,
    );
    const { error } = await node.receive({ payload: reading });
    assert.ok(error instanceof Pm500Error);
  });

  it('names the setting and a remedy when a file is missing or cannot be used', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['/none/none.json', 'there is no file /none/none.json'],
      ['none.json', 'there is no file /.*none.json'],
      ['/', 'the file / cannot be read: it is no regular file'],
      ['/etc/passwd/x', 'the file /etc/passwd/x cannot be read: ENOTDIR.*'],
    ];
    for (const [path, problem] of cases) {
      for (const property of ['tariff', 'alarmRules', 'deadbands']) {
        const node = create({ deadband: true, [property]: path });
        const advice = 'correct the path or enter the JSON itself, beginning with { or \\[, the rest keeps working\\.';
        assert.match(String(node.warnings[0]), new RegExp(`^${property}: ${problem}; ${advice}$`));
        const { sent } = await node.receive({ payload: reading });
        assert.equal(sent.length, 1);
      }
    }
  });

  it('names all fields that are wrong at once, in one sentence', () => {
    const properties = { defaultAlarms: true, ratedAmperes: 'many', nominalVolts: -5, co2KgPerKwh: -1 };
    const wrong = { ...properties, name: 'n', powerFactorLimit: 3, kpis: ['x'], staleSeconds: 'y' };
    const { errors } = create({ ...wrong, deadband: 'z', shape: 'influx', influxMeasurement: '' });
    assert.equal(errors.length, 1);
    const sentence = String(errors[0]);
    assert.match(sentence, /^pm500-normalize "n": [^\n]+; correct them in the settings of the node\.$/);
    const fields = sentence.split('; ').map((part) => / ?([a-zA-Z0-9]+)(\[0\])? is .+, expected /.exec(part)?.[1]);
    const named = [...Object.keys(wrong).filter((key) => !['name', 'defaultAlarms'].includes(key)), 'deadband'];
    assert.deepEqual(fields.slice(0, -1).toSorted(), [...named, 'influxMeasurement'].toSorted());
    assert.equal(sentence.split('pm500-normalize').length, 2, 'the node is named once');
  });
});
