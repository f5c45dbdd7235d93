import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import pm500Normalize from '../../nodes/pm500-normalize';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { NORMALIZE_DIAGNOSTICS, type NormalizeDiagnostics } from '../../src/domain/normalizer/diagnostics';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { confirmedReading, failedReading, NormalizeBench } from '../../testkit/meters/normalize-bench';
import { waitFor } from '../../testkit/wait';
import { READ_AT } from '../../testkit/meters/readings';

const MISSING = JSON.stringify([{ id: 'gone', metric: 'frequency', condition: 'missing', onDelaySeconds: 5 }]);

describe('what pm500-normalize does without a message', () => {
  const reading = (bench: NormalizeBench, values: Readonly<Record<string, number>> = {}) =>
    confirmedReading([101, 102], bench.clock.now(), { voltage_l1_n: 230, frequency: 50, ...values });
  const eventsOf = (bench: NormalizeBench): readonly unknown[] =>
    bench.takeEvents().map(({ payload }) => {
      const { event, alarm, timestamp } = payload as AlarmMessage;
      return [(timestamp - READ_AT) / 1000, event, alarm?.id];
    });

  it('raises the alarm of missing data when nothing comes at all, and clears it with the first value', async () => {
    const bench = new NormalizeBench({ alarmRules: MISSING, diagnosticsSeconds: 0 });
    await bench.accept(reading(bench));
    await bench.clock.advance(4900);
    assert.deepEqual(eventsOf(bench), []);
    await bench.clock.advance(5100);
    assert.deepEqual(eventsOf(bench), [[5, 'raised', 'gone']]);
    assert.deepEqual(bench.node.errors, []);
    await bench.accept(reading(bench));
    assert.deepEqual(eventsOf(bench), [[10, 'cleared', 'gone']]);
    await bench.close();
    await bench.clock.advance(60_000);
    assert.deepEqual([eventsOf(bench), bench.clock.pending], [[], 0], 'a closed node does nothing');
  });

  it('hears nothing of now from a reading that comes late: no alarm is cleared or raised by it', async () => {
    const rule = { id: 'high', metric: 'voltage_l1_n', condition: 'above', limit: 250, severity: 'critical' };
    const bench = new NormalizeBench({ diagnosticsSeconds: 0, alarmRules: JSON.stringify([rule]) });
    const { clock } = bench;
    const events: string[] = [];
    const show = async (volts: number, ageMs = 0): Promise<void> => {
      await bench.accept(confirmedReading([101, 103], clock.now() - ageMs, { voltage_l1_n: volts }));
      events.push(...bench.takeEvents().map(({ payload }) => (payload as AlarmMessage).event));
    };
    const showLate = async (volts: number): Promise<void> => {
      for (const ageMs of [4000, 20_000, 3_000_000]) await show(volts, ageMs);
    };
    for (const volts of [230, 230, 260]) {
      await clock.advance(10_000);
      await show(volts);
    }
    await showLate(230);
    assert.deepEqual(events.splice(0), ['raised']);
    await clock.advance(10_000);
    await show(230);
    await showLate(260);
    assert.deepEqual(events.splice(0), ['cleared']);
    // A clock that was set back is no reason to be silent: the last value does not count forever.
    for (let read = 0; read < 12; read++) {
      await clock.advance(10_000);
      await show(260, 3_600_000);
    }
    assert.ok(events.includes('raised'), String(events));
    await bench.close();
  });

  it('raises it also while the meter is asked and does not answer', async () => {
    const bench = new NormalizeBench({ alarmRules: MISSING, diagnosticsSeconds: 0 });
    await bench.accept(reading(bench));
    for (let second = 1; second <= 6; second++) {
      await bench.clock.advance(1000);
      await bench.accept(failedReading(reading(bench)));
    }
    assert.deepEqual(eventsOf(bench), [[5, 'raised', 'gone']]);
    await bench.close();
  });

  it('lets the delays of alarms end', async () => {
    const rule = { id: 'low', metric: 'voltage_l1_n', condition: 'below', limit: 200, onDelaySeconds: 3 };
    const bench = new NormalizeBench({ alarmRules: JSON.stringify([rule]), diagnosticsSeconds: 0 });
    await bench.accept(reading(bench, { voltage_l1_n: 100 }));
    await bench.clock.advance(2900);
    assert.deepEqual(eventsOf(bench), []);
    await bench.clock.advance(200);
    assert.deepEqual(eventsOf(bench), [[3, 'raised', 'low']]);
    await bench.close();
  });

  it('sends what was held back for as long as it may be', async () => {
    const bench = new NormalizeBench({ deadband: true, maxIntervalSeconds: 10, diagnosticsSeconds: 0 });
    await bench.accept(reading(bench));
    await bench.clock.advance(2000);
    assert.deepEqual(await bench.accept(reading(bench, { frequency: 50.001 })), []);
    await bench.clock.advance(7500);
    assert.equal(bench.node.sent.length, 1);
    await bench.clock.advance(1000);
    const held = TELEMETRY.parse(bench.node.sent[1]?.payload);
    assert.equal(held.metrics['frequency']?.value, 50.001);
    assert.equal(held.timestamp, READ_AT + 2000, 'the time of the read, not of sending');
    await bench.clock.advance(60_000);
    assert.equal(bench.node.sent.length, 2, 'once');
    await bench.close();
  });

  it('needs one timer where only silence goes by time, and none once it is closed', async () => {
    const bench = new NormalizeBench({ diagnosticsSeconds: 0 });
    await bench.accept(reading(bench));
    assert.equal(bench.clock.pending, 1);
    await bench.close();
    assert.equal(bench.clock.pending, 0);
  });

  it('sends diagnostics on their schedule, of every meter, and none before the first reading', async () => {
    const validate = new Ajv({ strict: false }).compile(NORMALIZE_DIAGNOSTICS.jsonSchema);
    const bench = new NormalizeBench({ diagnosticsSeconds: 30 });
    await bench.clock.advance(30_000);
    assert.deepEqual(bench.takeEvents(), []);
    for (const meter of ['a', 'b']) await bench.accept(confirmedReading([101], bench.clock.now(), {}, meter));
    await bench.accept(failedReading(confirmedReading([101], bench.clock.now(), {}, 'b')));
    await bench.clock.advance(29_000);
    assert.deepEqual(bench.takeEvents(), []);
    await bench.clock.advance(1000);
    const sent = bench.takeEvents();
    assert.deepEqual(
      sent.map(({ topic }) => topic),
      ['a', 'b'],
    );
    for (const { payload } of sent) assert.ok(validate(payload), JSON.stringify(validate.errors));
    const [first, second] = sent.map(({ payload }) => payload as NormalizeDiagnostics);
    assert.deepEqual(
      [first?.readings, first?.values, first?.timestamp],
      [1, { good: 12, uncertain: 0, bad: 0 }, READ_AT + 60_000],
    );
    assert.deepEqual([second?.readings, second?.reasons], [2, { read_failed: 12 }]);
    await bench.close();
  });

  it('names settings that are left out in the diagnostics, for as long as it runs', async () => {
    const validate = new Ajv({ strict: false }).compile(NORMALIZE_DIAGNOSTICS.jsonSchema);
    for (const [properties, count] of [
      [{}, 0],
      [{ alarmRules: '[1]', deadband: true, deadbands: '{' }, 2],
    ] as const) {
      const bench = new NormalizeBench({ ...properties, diagnosticsSeconds: 30 });
      await bench.accept(reading(bench));
      await bench.clock.advance(60_000);
      const sent = bench.takeEvents().map(({ payload }) => payload as NormalizeDiagnostics);
      assert.equal(sent.length, 2);
      for (const one of sent) {
        assert.ok(validate(one), JSON.stringify(validate.errors));
        assert.deepEqual([one.problems, one.problemTexts?.length], [count, count]);
        for (const text of one.problemTexts ?? []) assert.match(text, /; correct .+\.$/);
      }
      await bench.close();
    }
  });

  it('says an error of its own mapping in the log, and goes on', async () => {
    const bench = new NormalizeBench({
      shape: 'jsonata',
      mapping: '$error("no")',
      deadband: true,
      maxIntervalSeconds: 10,
      diagnosticsSeconds: 0,
    });
    await assert.rejects(bench.accept(reading(bench)), /The JSONata mapping .* failed: no;/);
    await bench.clock.advance(2000);
    assert.deepEqual(bench.node.errors, [], 'nothing is held back');
    await assert.doesNotReject(bench.accept(reading(bench, { frequency: 50.001 })), 'nothing has changed');
    await bench.clock.advance(10_000);
    await waitFor('the error', () => bench.node.errors.length > 0, { timeoutMs: 4000 });
    assert.equal(bench.node.errors.length, 1);
    assert.match(String(bench.node.errors[0]), /The JSONata mapping .* failed: no; correct it/);
    await bench.close();
  });
});

describe('the metrics page and pm500-normalize', () => {
  it('has what each node made of each meter, under its id, and nothing of a node that is closed', async () => {
    const red = new FakeRed();
    pm500Normalize(red.api);
    const found = red.pages.get('/pm500/metrics');
    assert.equal(found?.permission, 'pm500.read');
    const page = (): string => {
      let text = '';
      const response = { type: () => response, send: (body: string) => (text = body) };
      found.page({}, response);
      return text;
    };
    const alarmRules = JSON.stringify([{ id: 'a', metric: 'voltage_l1_n', condition: 'above', limit: -1 }]);
    const nodes = ['n1', 'n2'].map((id) => red.create('pm500-normalize', { id, alarmRules, deadband: true }));
    const reading = confirmedReading([101], Date.now(), {}, 'feeder "7"');
    for (const node of nodes) {
      await node.receive({ payload: reading });
      await node.receive({ payload: reading });
    }
    await nodes[0]?.receive({ payload: failedReading(reading) });
    const labels = String.raw`site="gwangyang",area="melt",line="1",asset="transformer-1",meter="feeder \\"7\\"",node=`;
    const has = (line: string): void => {
      assert.match(page(), new RegExp(`^${line}$`, 'm'));
    };
    has(`pm500_normalized_readings_total\\{${labels}"n1"\\} 3`);
    has(`pm500_normalized_readings_total\\{${labels}"n2"\\} 2`);
    has(`pm500_values_total\\{${labels}"n1",quality="good"\\} 24`);
    has(`pm500_values_total\\{${labels}"n1",quality="bad"\\} 12`);
    has(`pm500_untrusted_values_total\\{${labels}"n1",reason="read_failed"\\} 12`);
    has(`pm500_reported_values_total\\{${labels}"n2"\\} 12`);
    has(`pm500_suppressed_values_total\\{${labels}"n2"\\} 12`);
    has(`pm500_active_alarms\\{${labels}"n2",severity="warning"\\} 1`);
    assert.equal(page().match(/^# TYPE pm500_values_total counter$/gm)?.length, 1, 'a name once');
    await nodes[0]?.close();
    assert.ok(!page().includes('"n1"') && page().includes('"n2"'));
    await nodes[1]?.close();
    assert.ok(!page().includes('"n2"'));
  });
});
