import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlarmSet, type AlarmChange, type AlarmEvent } from '../../../src/domain/alarms/alarm-set';
import { parseAlarmCommand } from '../../../src/domain/alarms/parse-command';
import { parseAlarmRules } from '../../../src/domain/alarms/parse-rules';
import { ALARM_CONDITIONS, SEVERITIES, type AlarmRule } from '../../../src/domain/alarms/rule';
import type { Instant } from '../../../src/domain/alarms/rule-watch';
import type { Value } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { defaultAlarms } from '../../../src/meters/pm500/alarm-defaults';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { PROVENANCES } from '../../../src/metrics/measurement';
import { seededRandom } from '../../../src/support/random';
import { HIGH, momentOf, rulesOf } from '../../../testkit/meters/alarms';
import { sampleOf } from '../../../testkit/meters/telemetry';
import { ROOT } from '../../../testkit/root';
import { pickOne } from '../../../testkit/pick-one';

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
/** What happened to alarms, without what is said of the judgment. */
function changesOf(events: readonly AlarmEvent[]): AlarmChange[] {
  return events.filter((event): event is AlarmChange => 'alarm' in event);
}

/** Feeds one metric, second by second; a step of undefined lets time pass without telemetry. */
function run(rule: object, values: readonly (Value | undefined)[], change: Partial<Sample> = {}): string[] {
  const rules = rulesOf(rule);
  const [{ metric }] = rules as readonly [AlarmRule];
  const alarms = new AlarmSet(rules);
  return values.flatMap((value, second) => {
    const events =
      value === undefined
        ? alarms.tick(momentOf(second * 1000))
        : alarms.update({ [metric]: sampleOf(metric, value, second * 1000, change) }, momentOf(second * 1000));
    return changesOf(events).map(({ event }) => `${second} ${event}`);
  });
}

describe('alarm conditions', () => {
  it('above and below hold beyond the limit, and end beyond the hysteresis', () => {
    const above = { ...HIGH, hysteresis: 10 };
    assert.deepEqual(run(above, [100, 100.1, 95, 90.1, 90, 95, 101]), ['1 raised', '4 cleared', '6 raised']);
    const below = { ...above, condition: 'below' };
    assert.deepEqual(run(below, [100, 99.9, 105, 109.9, 110, 105, 99]), ['1 raised', '4 cleared', '6 raised']);
  });

  it('outside holds at both ends', () => {
    const outside = { ...HIGH, condition: 'outside', limit: undefined, low: 10, high: 20, hysteresis: 2 };
    assert.deepEqual(run(outside, [10, 9, 11.9, 12, 20, 21, 18.1, 18]), [
      '1 raised',
      '3 cleared',
      '5 raised',
      '7 cleared',
    ]);
  });

  it('equal takes states, texts and numbers', () => {
    assert.deepEqual(run({ id: 'a', metric: 'alarm_1', condition: 'equal', limit: true }, [false, true, false]), [
      '1 raised',
      '2 cleared',
    ]);
    const text = { id: 'a', metric: 'tariff_period', condition: 'equal', limit: 'peak' };
    assert.deepEqual(run(text, ['night', 'peak', 'night']), ['1 raised', '2 cleared']);
    const rotation = { id: 'a', metric: 'phase_sequence', condition: 'equal', limit: -1 };
    assert.deepEqual(run(rotation, [0, -1, 0]), ['1 raised', '2 cleared']);
  });

  it('changed holds for the one value that differs', () => {
    const changed = { id: 'a', metric: 'phase_sequence', condition: 'changed' };
    assert.deepEqual(run(changed, [0, 0, -1, -1, null, 0, undefined, 0]), [
      '2 raised',
      '3 cleared',
      '5 raised',
      '7 cleared',
    ]);
  });

  it('missing counts from the last value, whether values are bad, absent or nothing comes at all', () => {
    const missing = { id: 'a', metric: 'current_l1', condition: 'missing', onDelaySeconds: 3 };
    assert.deepEqual(run(missing, [1, undefined, undefined, 1, null, null, null, null, 1]), ['6 raised', '8 cleared']);
    assert.deepEqual(run(missing, [undefined, undefined, undefined, undefined]), ['3 raised']);
  });

  it('delays need the condition without a break', () => {
    const slow = { ...HIGH, onDelaySeconds: 2, offDelaySeconds: 3 };
    assert.deepEqual(run(slow, [101, 101, 99, 101, 101, 101, 99, 99, 101, 99, 99, 99, 99]), ['5 raised', '12 cleared']);
    assert.deepEqual(run(slow, [101, undefined, undefined]), ['2 raised'], 'time alone is enough');
  });

  it('a bad value says nothing, an uncertain one counts and is shown so', () => {
    assert.deepEqual(run(HIGH, [101, null, null, 101, 99]), ['0 raised', '4 cleared']);
    const alarms = new AlarmSet(rulesOf(HIGH));
    const uncertain = sampleOf('current_l1', 101, 0, { quality: 'uncertain', reason: 'layout_inferred' });
    const [event] = changesOf(alarms.update({ current_l1: uncertain }, momentOf(0)));
    assert.equal(event?.alarm.quality, 'uncertain');
  });
});

describe('the alarm table', () => {
  const at = (alarms: AlarmSet, second: number, value: Value): AlarmChange[] =>
    changesOf(alarms.update({ current_l1: sampleOf('current_l1', value, second * 1000) }, momentOf(second * 1000)));

  it('says since when, the value, the limit, and what a person has done', () => {
    const alarms = new AlarmSet(rulesOf({ ...HIGH, onDelaySeconds: 2, severity: 'critical' }));
    at(alarms, 1, 101);
    const [raised] = at(alarms, 3, 102);
    const row = {
      id: 'high',
      metric: 'current_l1',
      severity: 'critical',
      message: 'Too much.',
      since: 1000,
      limit: 100,
    };
    const state = { quality: 'good', acknowledged: false, latched: false, judged: true };
    assert.deepEqual(raised, { event: 'raised', timestamp: 3000, alarm: { ...row, value: 102, ...state } });
    at(alarms, 4, 107);
    assert.deepEqual(alarms.active(), [{ ...row, value: 107, ...state }]);
    const [acknowledged] = changesOf(alarms.command('acknowledge', 5000, 'high'));
    assert.deepEqual([acknowledged?.event, acknowledged?.alarm.acknowledged], ['acknowledged', true]);
    assert.deepEqual(alarms.command('acknowledge', 6000), [], 'once is enough');
    assert.deepEqual(
      at(alarms, 7, 99).map(({ event }) => event),
      ['cleared'],
    );
    assert.deepEqual(alarms.active(), []);
  });

  it('keeps a latching alarm until its condition is over and somebody resets it', () => {
    const alarms = new AlarmSet(rulesOf({ ...HIGH, latching: true }, { ...HIGH, id: 'other' }));
    assert.equal(at(alarms, 0, 101).length, 2);
    assert.deepEqual(alarms.command('reset', 1000), [], 'the condition holds');
    assert.deepEqual(
      at(alarms, 2, 99).map(({ alarm }) => alarm.id),
      ['other'],
    );
    assert.deepEqual(
      alarms.active().map(({ latched }) => latched),
      [true],
    );
    assert.deepEqual(
      at(alarms, 3, 101).map(({ alarm }) => alarm.id),
      ['other'],
      'it is raised already',
    );
    at(alarms, 4, 99);
    assert.deepEqual(alarms.command('reset', 5000, 'other'), []);
    assert.deepEqual(
      alarms.command('reset', 5000, 'high').map(({ event }) => event),
      ['cleared'],
    );
    assert.deepEqual(alarms.active(), []);
  });

  it('goes by elapsed time, wherever the clock of the host is set to', () => {
    for (const jumpMs of [-1e9, -3000, 3000, 3e11]) {
      const alarms = new AlarmSet(rulesOf({ ...HIGH, onDelaySeconds: 5, offDelaySeconds: 3 }));
      const step = (second: number, value: number): string[] => {
        const moment = { wallMs: 1e12 + second * 1000 + (second > 2 ? jumpMs : 0), elapsedMs: second * 1000 };
        return changesOf(alarms.update({ current_l1: sampleOf('current_l1', value, moment.wallMs) }, moment)).map(
          ({ event }) => `${second} ${event}`,
        );
      };
      const values = [99, 101, 101, 101, 101, 101, 101, 99, 99, 99, 99];
      assert.deepEqual(
        values.flatMap((value, second) => step(second, value)),
        ['6 raised', '10 cleared'],
        `the clock jumps by ${jumpMs} ms`,
      );
    }
  });

  it('reads commands, and says what is wrong with others', () => {
    assert.deepEqual(parseAlarmCommand({ alarm: 'reset', id: 'high' }), { command: 'reset', id: 'high' });
    assert.deepEqual(parseAlarmCommand({ alarm: 'acknowledge' }), { command: 'acknowledge' });
    assert.throws(() => parseAlarmCommand({ alarm: 'ack' }), /^Pm500Error: payload\.alarm is "ack", expected one of/);
  });
});

describe('alarms at random', () => {
  const rules = rulesOf(
    { ...HIGH, hysteresis: 10 },
    { ...HIGH, id: 'low', condition: 'below', limit: 50, hysteresis: 5, onDelaySeconds: 3, offDelaySeconds: 2 },
    { ...HIGH, id: 'band', condition: 'outside', limit: undefined, low: 40, high: 110, hysteresis: 8, latching: true },
    { id: 'gone', metric: 'current_l1', condition: 'missing', onDelaySeconds: 4 },
    { id: 'moved', metric: 'phase_sequence', condition: 'changed', offDelaySeconds: 3 },
  );
  /** @param onCut what happens after the step before `cutAt`, at the same moment */
  const play = (
    seed: number,
    cutAt: number,
    onCut: (alarms: AlarmSet, moment: Instant) => AlarmSet = (alarms) => alarms,
  ): { events: AlarmChange[]; values: Value[] } => {
    const random = seededRandom(seed);
    let alarms = new AlarmSet(rules);
    const [events, values]: [AlarmChange[], Value[]] = [[], []];
    let [value, ticks] = [75, 0];
    for (let second = 0; second < 300; second++) {
      if (second === cutAt) alarms = onCut(alarms, momentOf((second - 1) * 1000));
      value = Math.max(0, Math.min(150, value + (random() - 0.5) * 30));
      const shown = random() < 0.15 ? null : value;
      values.push(shown);
      const samples = {
        current_l1: sampleOf('current_l1', shown, second * 1000),
        phase_sequence: sampleOf('phase_sequence', random() < 0.05 ? -1 : 0, second * 1000),
      };
      const now = momentOf(second * 1000);
      // Never so many without a sample that the value would be absent.
      ticks = random() < 0.2 && ticks < 3 ? ticks + 1 : 0;
      events.push(...changesOf(ticks > 0 ? alarms.tick(now) : alarms.update(samples, now)));
      if (random() < 0.05) {
        events.push(...changesOf(alarms.command(random() < 0.5 ? 'reset' : 'acknowledge', second * 1000)));
      }
    }
    return { events, values };
  };

  it('go on after a restart at any moment as if the values of the time without the software had been bad', () => {
    const texts = ({ events }: { events: AlarmChange[] }): string[] =>
      events.map(({ event, timestamp, alarm: { id, since, acknowledged, latched } }) =>
        [timestamp, event, id, since, acknowledged, latched].join(' '),
      );
    for (let seed = 0; seed < 60; seed++) {
      const cut = 1 + Math.floor(seededRandom(seed + 900)() * 299);
      const restarted = play(seed, cut, (alarms) => new AlarmSet(rules, JSON.parse(JSON.stringify(alarms.state()))));
      const interrupted = play(seed, cut, (alarms, moment) => {
        const bad = ['current_l1', 'phase_sequence'].map((name) => [name, sampleOf(name, null, moment.wallMs)]);
        assert.deepEqual(changesOf(alarms.update(Object.fromEntries(bad) as Record<string, Sample>, moment)), []);
        return alarms;
      });
      assert.deepEqual(texts(restarted), texts(interrupted), `seed ${seed}, restart at ${cut}`);
    }
  });

  it('are raised and cleared in turns, and never flap inside the hysteresis', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { events, values } = play(seed, -1);
      for (const { id, condition, limit, hysteresis } of rules) {
        const own = events.filter(({ event, alarm }) => alarm.id === id && event !== 'acknowledged');
        for (const [index, { event }] of own.entries()) assert.equal(event, index % 2 === 0 ? 'raised' : 'cleared', id);
        if (condition !== 'above' || typeof limit !== 'number') continue;
        for (const [index, { event, timestamp }] of own.entries()) {
          if (event === 'raised') continue;
          // Between raising and clearing a value was seen beyond the hysteresis.
          const from = own[index - 1]!.timestamp / 1000;
          const seen = values.slice(from, timestamp / 1000 + 1);
          assert.ok(
            seen.some((value) => typeof value === 'number' && value <= limit - hysteresis),
            `${seed} ${id}`,
          );
        }
      }
    }
  });

  it('stay as they are while the value wanders inside the hysteresis', () => {
    const random = seededRandom(3);
    for (const start of [101, 89]) {
      const alarms = new AlarmSet(rules.slice(0, 1));
      alarms.update({ current_l1: sampleOf('current_l1', start, 0) }, momentOf(0));
      for (let second = 1; second < 2000; second++) {
        const value = 90.001 + random() * 9.998;
        assert.deepEqual(
          alarms.update({ current_l1: sampleOf('current_l1', value, second) }, momentOf(second * 1000)),
          [],
        );
      }
    }
  });

  it('start anew from a state that is none', () => {
    const broken = [null, 1, [], { format: 'pm500.alarms/1', rules: { high: { holds: 'yes' } } }];
    for (const state of broken) assert.deepEqual(new AlarmSet(rules, state).active(), []);
  });
});

describe('alarm rules that cannot be used', () => {
  it('are said in one sentence each, and the others keep working', () => {
    const good = { ...HIGH, id: 'good' };
    const cases: readonly (readonly [object | null, RegExp])[] = [
      [null, /^alarmRules\[0\] is null, expected an object;/],
      [
        { ...HIGH, metric: 'voltage_l1' },
        /^alarmRules\[0\]\.metric is "voltage_l1", expected the name of a metric or KPI;/,
      ],
      [{ ...HIGH, id: 'Too High' }, /^alarmRules\[0\]\.id is "Too High", expected lower snake case/],
      [{ ...HIGH, condition: 'over' }, /^alarmRules\[0\]\.condition is "over", expected one of above, below/],
      [
        { ...HIGH, metric: 'alarm_1' },
        /^alarmRules\[0\]\.condition is "above", expected one of equal, missing, changed/,
      ],
      [{ ...HIGH, limit: '100' }, /^alarmRules\[0\]\.limit is "100", expected a number;/],
      [{ ...HIGH, low: 3 }, /^alarmRules\[0\]\.low is 3, expected nothing/],
      [{ ...HIGH, hysteresis: -1 }, /^alarmRules\[0\]\.hysteresis is -1, expected a number from 0/],
      [
        { ...HIGH, condition: 'outside', limit: undefined, low: 3, high: 3 },
        /^alarmRules\[0\]\.high is 3, expected a number above/,
      ],
      [
        { ...HIGH, condition: 'outside', limit: undefined, low: 2, high: 4, hysteresis: 1 },
        /^alarmRules\[0\]\.hysteresis is 1, expected less than half/,
      ],
      [
        { ...HIGH, condition: 'missing', limit: undefined },
        /^alarmRules\[0\]\.onDelaySeconds is missing, expected the seconds/,
      ],
      [{ ...HIGH, condition: 'changed', limit: undefined, onDelaySeconds: 1 }, /^alarmRules\[0\]\.onDelaySeconds is 1/],
      [{ ...HIGH, severity: 'high' }, /^alarmRules\[0\]\.severity is "high", expected one of info, warning, critical/],
      [{ ...HIGH, latching: 'no' }, /^alarmRules\[0\]\.latching is "no", expected true or false/],
    ];
    for (const [row, pattern] of cases) {
      const { rules, problems } = parseAlarmRules([row, good], METRICS);
      assert.deepEqual(
        rules.map(({ id }) => id),
        ['good'],
      );
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, pattern);
      assert.match(problems[0]!, /^[^\n]+; correct the rule; the other rules keep working\.$/);
    }
    assert.match(
      parseAlarmRules([good, good], METRICS).problems[0]!,
      /^alarmRules\[1\]\.id is "good", expected an id that no/,
    );
    assert.match(
      parseAlarmRules(good, METRICS).problems[0]!,
      /^alarmRules is an object, expected a list of rules: put \[ \] around it;/,
    );
    assert.match(parseAlarmRules('x', METRICS).problems[0]!, /^alarmRules is "x", expected an array;/);
  });

  it('have members that no rule has: said, and the rule works without them', () => {
    const { rules, problems } = parseAlarmRules([{ ...HIGH, message: undefined, Message: 'Hot', color: 1 }], METRICS);
    assert.deepEqual(
      rules.map(({ id, message }) => [id, message.includes('Hot')]),
      [[HIGH.id, false]],
    );
    assert.equal(problems.length, 2);
    assert.match(
      problems[0]!,
      /^alarmRules\[0\] has the member "Message", .* expected "message"; correct the name; the/,
    );
    assert.match(
      problems[1]!,
      /"color", which no rule has, expected one of id, metric, .*; the rule works without it\.$/,
    );
  });

  it('never fail in another way, and whatever passes can be evaluated', () => {
    const random = seededRandom(6);
    const names = [...METRICS.keys()];
    let accepted = 0;
    for (let round = 0; round < 3000; round++) {
      const row = {
        id: pickOne(random, ['a', 'b', '', 7]),
        metric: random() < 0.9 ? pickOne(random, names) : pickOne(random, [null, 'x']),
        condition: pickOne(random, [...ALARM_CONDITIONS, 'x']),
        ...(random() < 0.5 ? { limit: pickOne(random, [1, true, 'x', Number.NaN, null]) } : {}),
        ...(random() < 0.3 ? { low: pickOne(random, [0, 1, 'x']), high: pickOne(random, [1, 2]) } : {}),
        ...(random() < 0.3 ? { hysteresis: pickOne(random, [0, 0.4, -1, 'x']) } : {}),
        ...(random() < 0.5 ? { onDelaySeconds: pickOne(random, [0, 1, -1]) } : {}),
      };
      const { rules, problems } = parseAlarmRules([row], METRICS);
      assert.equal(rules.length + problems.length, 1);
      const alarms = new AlarmSet(rules);
      for (const rule of rules) {
        accepted += 1;
        for (let second = 0; second < 5; second++) {
          const value = pickOne(random, [1, 2, true, 'x', null]);
          alarms.update({ [rule.metric]: sampleOf(rule.metric, value, second * 1000) }, momentOf(second * 1000));
        }
      }
    }
    assert.ok(accepted > 50, String(accepted));
  });
});

describe('default alarms', () => {
  const rows = defaultAlarms({ lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 });

  it('are rules that can be used as they are, with a source and provenance', () => {
    const rules = rulesOf(...rows);
    assert.equal(rules.length, rows.length);
    for (const { source, provenance, severity } of rows) {
      assert.ok(source.length > 10 && PROVENANCES.includes(provenance) && SEVERITIES.includes(severity));
    }
    const verified = rows.filter(({ provenance }) => provenance === 'verified').map(({ metric }) => metric);
    assert.deepEqual(verified, ['alarm_1', 'alarm_2', 'alarm_3', 'alarm_4', 'output_1', 'output_2']);
  });

  it('are silent on a healthy feeder, and raise what happens to it', () => {
    const healthy: Record<string, Value> = { frequency: 50, phase_sequence: 0, voltage_unbalance: 0.3 };
    for (const phase of ['l1', 'l2', 'l3'])
      Object.assign(healthy, { [`voltage_${phase}_n`]: 231, [`current_${phase}`]: 200 });
    for (const number of [1, 2, 3, 4]) healthy[`alarm_${number}`] = false;
    const raised = (fault: Record<string, Value>): string[] => {
      const alarms = new AlarmSet(rulesOf(...rows));
      const samples = (values: Record<string, Value>): Record<string, Sample> =>
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sampleOf(name, value, 0)]));
      const before = [0, 60, 600].flatMap((second) => alarms.update(samples(healthy), momentOf(second * 1000)));
      assert.deepEqual(before, []);
      return [601, 700, 1000]
        .flatMap((second) => changesOf(alarms.update(samples({ ...healthy, ...fault }), momentOf(second * 1000))))
        .filter(({ event }) => event === 'raised')
        .map(({ alarm }) => alarm.id);
    };
    assert.deepEqual(raised({}), []);
    assert.deepEqual(raised({ voltage_l2_n: 20 }), ['voltage_l2_outside', 'phase_loss_l2']);
    assert.deepEqual(raised({ voltage_l1_n: 254 }), ['voltage_l1_outside']);
    assert.deepEqual(raised({ phase_sequence: -1 }).sort(), ['rotation_changed', 'rotation_wrong']);
    assert.deepEqual(raised({ voltage_unbalance: 6 }), ['voltage_unbalance_high', 'voltage_unbalance']);
    assert.deepEqual(raised({ frequency: 49.4 }), ['frequency_outside']);
    assert.deepEqual(raised({ current_l3: 420 }), ['current_l3_high']);
    assert.deepEqual(raised({ alarm_3: true }), ['meter_alarm_3']);
    assert.deepEqual(raised({ voltage_l1_n: null }), ['data_missing']);
  });

  it('are listed in docs/alarms.md, with their conditions', () => {
    const page = readFileSync(join(ROOT, 'docs/alarms.md'), 'utf8');
    for (const condition of ALARM_CONDITIONS) assert.ok(page.includes(`\`${condition}\``), condition);
    for (const { source } of rows.filter(({ provenance }) => provenance !== 'assumed')) {
      if (source.startsWith('inferred')) continue;
      assert.ok(page.includes(source), source);
    }
  });
});
