import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { ALARM, type AlarmMessage } from '../../src/domain/alarms/alarm-message';
import type { LayoutVerdict } from '../../src/domain/layout-check/verdict';
import { Pm500Error } from '../../src/support/errors';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { confirmedReading, createNormalize, NormalizeBench } from '../../testkit/meters/normalize-bench';
import { READ_AT } from '../../testkit/meters/readings';
import { ROOT } from '../../testkit/root';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const HIGH = { id: 'current_high', metric: 'current_l1', condition: 'above', limit: 100, message: 'Too much current.' };
const LATCHING = { ...HIGH, id: 'current_trip', latching: true, severity: 'critical' };
const RULES = JSON.stringify([HIGH, LATCHING]);
const fitsSchema = new Ajv({ strict: false }).compile(ALARM.jsonSchema);

const amperes = (value: number, atMs = READ_AT, meter = 'main-incomer') =>
  confirmedReading([101], atMs, { current_l1: value }, meter);

/** What the second output has sent: the events of alarms, each checked against schema and parser. */
function alarmsOf(bench: NormalizeBench): readonly AlarmMessage[] {
  return bench.takeEvents().map(({ topic, payload }) => {
    const message = JSON.parse(JSON.stringify(payload)) as unknown;
    assert.ok(fitsSchema(message), JSON.stringify(fitsSchema.errors));
    const alarm = ALARM.parse(message);
    assert.equal(topic, alarm.meter.name);
    return alarm;
  });
}
const eventsOf = (bench: NormalizeBench): readonly (readonly [string, string | undefined])[] =>
  alarmsOf(bench).map(({ event, alarm }) => [event, alarm?.id]);

describe('commands to pm500-normalize', () => {
  it('list, acknowledge and reset alarms; the answers come out of the second output only', async () => {
    const bench = new NormalizeBench({ alarmRules: RULES });
    await bench.accept(amperes(150));
    assert.deepEqual(eventsOf(bench), [
      ['raised', 'current_high'],
      ['raised', 'current_trip'],
    ]);
    assert.deepEqual(await bench.command({ alarms: 'list' }), []);
    const [list] = alarmsOf(bench);
    assert.deepEqual([list?.event, list?.active.map(({ id }) => id)], ['list', ['current_high', 'current_trip']]);

    await bench.command({ alarms: { acknowledge: 'current_high' } });
    assert.deepEqual(eventsOf(bench), [['acknowledged', 'current_high']]);
    await bench.command({ alarms: { acknowledge: true } });
    assert.deepEqual(eventsOf(bench), [['acknowledged', 'current_trip']]);
    await bench.command({ alarms: { acknowledge: true } });
    assert.deepEqual(eventsOf(bench), [], 'all are acknowledged');
    await bench.command({ alarms: { reset: true } });
    assert.deepEqual(eventsOf(bench), [], 'the condition holds');

    await bench.clock.advance(1000);
    await bench.accept(amperes(50, bench.clock.now()));
    assert.deepEqual(eventsOf(bench), [['cleared', 'current_high']]);
    await bench.command({ alarms: 'list' });
    assert.deepEqual(
      alarmsOf(bench)[0]?.active.map(({ id, latched, acknowledged }) => [id, latched, acknowledged]),
      [['current_trip', true, true]],
    );
    await bench.command({ alarm: 'reset', id: 'current_trip' });
    assert.deepEqual(eventsOf(bench), [['cleared', 'current_trip']]);
    await bench.close();
  });

  it('who acknowledges is told and kept as long as the alarm, also over a restart, and nobody else takes it over', async () => {
    const userDir = temporaryFolder('normalize');
    const bench = new NormalizeBench({ id: 'n', alarmRules: RULES }, undefined, { userDir });
    await bench.accept(amperes(150));
    alarmsOf(bench);
    const at = bench.clock.now();
    await bench.command({ alarms: { acknowledge: 'current_trip' }, by: 'ann' });
    const [event] = alarmsOf(bench);
    assert.deepEqual([event?.alarm?.acknowledgedBy, event?.alarm?.acknowledgedAt], ['ann', at]);
    await bench.command({ alarms: { acknowledge: true }, by: 'bob' });
    alarmsOf(bench);
    await bench.close();

    const next = new NormalizeBench({ id: 'n', alarmRules: RULES }, bench.clock, { userDir });
    await next.command({ alarms: 'list' });
    assert.deepEqual(
      alarmsOf(next)[0]?.active.map(({ id, acknowledgedBy, acknowledgedAt }) => [id, acknowledgedBy, acknowledgedAt]),
      [
        ['current_high', 'bob', at],
        ['current_trip', 'ann', at],
      ],
    );
    await next.clock.advance(1000);
    await next.accept(amperes(50, next.clock.now()));
    await next.clock.advance(1000);
    await next.accept(amperes(150, next.clock.now()));
    const raised = alarmsOf(next).find(({ event: what }) => what === 'raised');
    assert.deepEqual([raised?.alarm?.acknowledged, raised?.alarm?.acknowledgedBy], [false, undefined]);
    await assert.rejects(next.command({ alarms: { acknowledge: true }, by: 7 }), /payload\.by is 7, expected text/);
    await next.close();
    removeFolder(userDir);
  });

  it('sendAll sends everything that was last known, changed or not, but no amount a second time', async () => {
    const bench = new NormalizeBench({
      deadband: true,
      kpis: ['energy', 'demand'],
      energyDeltas: true,
      demandMinutes: 1,
    });
    const at = (seconds: number, wh: number) =>
      confirmedReading([101, 107], READ_AT + 1000 * seconds, { active_energy_import_total: wh });
    await bench.accept(at(0, 5_000_000));
    await bench.clock.advance(60_000);
    const [ended] = await bench.accept(at(60, 5_001_000));
    const demand = TELEMETRY.parse(ended?.payload).metrics['interval_demand'];
    assert.equal(demand?.value, 60_000);
    await bench.clock.advance(10_000);
    await bench.accept(at(70, 5_001_100));
    const [all, ...more] = await bench.command({ sendAll: true });
    assert.deepEqual(more, []);
    assert.equal(all?.topic, 'main-incomer');
    const { metrics } = TELEMETRY.parse(all.payload);
    assert.equal(metrics['active_energy_import_total']?.value, 5_001_100);
    assert.equal(metrics['active_energy_import_day']?.value, 1100);
    assert.deepEqual(metrics['interval_demand'], demand, 'of the window that ended last');
    assert.equal(Object.keys(metrics).filter((name) => name.startsWith('energy_delta_')).length, 0);
    await bench.close();
  });

  it('sendAll comes in the chosen shape, for one meter or for all', async () => {
    const bench = new NormalizeBench({ shape: 'flat' });
    for (const meter of ['a', 'b']) await bench.accept(amperes(7, READ_AT, meter));
    assert.deepEqual(
      (await bench.command({ sendAll: true })).map(({ topic }) => topic),
      ['a', 'b'],
    );
    const [only, ...others] = await bench.command({ sendAll: true, meter: 'b' });
    assert.deepEqual([only?.topic, (only?.payload as { current_l1?: unknown }).current_l1, others], ['b', 7, []]);
    await bench.close();
  });

  it('check the layout: started, asked for, applied', async () => {
    const bench = new NormalizeBench({});
    await bench.accept(amperes(1));
    await bench.command({ layoutCheck: 'start' });
    assert.deepEqual(bench.takeEvents(), []);
    await bench.clock.advance(10_000);
    for (let second = 1; second < 6; second++) await bench.accept(amperes(1, READ_AT + 1000 * second));
    await bench.command({ layoutCheck: 'verdict' });
    const [answer] = bench.takeEvents();
    assert.equal((answer?.payload as LayoutVerdict).schema, 'pm500.layout-check/1');
    const [before] = await bench.accept(amperes(1, READ_AT + 7000));
    assert.ok(Object.values(TELEMETRY.parse(before?.payload).metrics).every(({ reason }) => reason === undefined));
    await bench.command({ layoutCheck: 'apply' });
    const [after] = await bench.accept(amperes(1, READ_AT + 8000));
    const reasons = Object.values(TELEMETRY.parse(after?.payload).metrics).map(({ reason }) => reason);
    assert.ok(reasons.includes('layout_contradicted'), 'random voltages fit no phases');
    await bench.close();
  });
});

describe('commands as messages', () => {
  const created: FakeNode[] = [];
  const create = (properties: object): FakeNode => {
    const node = createNormalize(properties);
    created.push(node);
    return node;
  };
  afterEach(async () => {
    for (const node of created.splice(0)) await node.close();
  });

  it('keep what the message had, and their answer has the topic of the meter', async () => {
    const node = create({ alarmRules: RULES });
    await node.receive({ payload: amperes(150, Date.now()) });
    node.sentSecond.length = 0;
    const message = { payload: { alarms: 'list' }, topic: 'asked', _msgid: 'x1', req: { id: 7 } };
    const { sent, error } = await node.receive(message);
    assert.deepEqual([sent, error], [[], undefined]);
    const [answer] = node.sentSecond;
    assert.deepEqual(
      [answer?.topic, answer?._msgid, (answer as unknown as typeof message).req],
      ['main-incomer', 'x1', { id: 7 }],
    );
  });

  it('that cannot be understood or done are refused in one sentence, and the rest keeps working', async () => {
    const node = create({ alarmRules: RULES });
    const early = await node.receive({ payload: { alarms: 'list' } });
    assert.match(String(early.error), /No meter has sent a reading to this node yet; send the command after/);
    await node.receive({ payload: amperes(150, Date.now()) });
    for (const [payload, sentence] of [
      [{ alarms: 'all' }, /payload\.alarms is "all", expected "list", \{acknowledge: id\} or \{reset: id\};/],
      [{ alarms: { acknowledge: 'no_such' } }, /No alarm rule has the id "no_such"; send \{"alarms": "list"\}/],
      [{ alarms: { acknowledge: '' } }, /payload\.alarms\.acknowledge is "", expected the id of an alarm, or true/],
      [{ alarms: { reset: true, acknowledge: true } }, /payload\.alarms is an object, expected one of acknowledge/],
      [
        { sendAll: true, meter: 'other' },
        /payload\.meter is "other", but this node has no such meter \(it has "main-incomer"\)/,
      ],
      [
        { layoutCheck: 'verdict' },
        /No layout check of meter "main-incomer" is under way; send \{"layoutCheck": "start"/,
      ],
      [{ sendAll: true, layoutCheck: 'start' }, /payload\.layoutCheck is "start", expected nothing beside sendAll;/],
    ] as const) {
      const { sent, error } = await node.receive({ payload });
      assert.ok(error instanceof Pm500Error && error.code === 'MESSAGE_INVALID');
      assert.match(error.message, sentence);
      assert.match(error.message, /^[^\n]+\.$/);
      assert.deepEqual(sent, []);
      assert.equal(node.lastStatus?.text, 'wrong message');
    }
    const { sent, error } = await node.receive({ payload: amperes(150, Date.now()) });
    assert.deepEqual([sent.length, error], [1, undefined]);
    assert.equal(node.lastStatus?.text, '1 critical');
  });
});

describe('the commands in docs/alarms.md', () => {
  const page = readFileSync(join(ROOT, 'docs/alarms.md'), 'utf8');
  const section = /## Commands\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
  const inTable = [...section.matchAll(/^\| `(\{.*?\})` +\|/gm)].map(([, json = '']) => JSON.parse(json) as object);
  const blocks = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json) as unknown);

  it('are taken by the node as they stand there', async () => {
    const bench = new NormalizeBench({ alarmRules: RULES });
    await bench.accept(amperes(150));
    assert.ok(inTable.length >= 7);
    assert.ok(inTable.some((command) => 'meter' in command));
    for (const command of inTable) await bench.command(command);
    await bench.close();
  });

  it('have the answers that stand there', async () => {
    const bench = new NormalizeBench({ alarmRules: JSON.stringify([LATCHING]), diagnosticsSeconds: 0 });
    await bench.accept(amperes(150));
    bench.takeEvents();
    await bench.clock.advance(60_000);
    await bench.command({ alarms: { acknowledge: 'current_trip' } });
    await bench.clock.advance(60_000);
    await bench.command({ alarms: 'list' });
    assert.deepEqual(blocks, JSON.parse(JSON.stringify(alarmsOf(bench))));
    await bench.close();
  });
});
