import assert from 'node:assert/strict';
import { AlarmSet, type AlarmChange, type AlarmEvent } from '../../../src/domain/alarms/alarm-set';
import type { AlarmRule } from '../../../src/domain/alarms/rule';
import type { Value } from '../../../src/domain/messages/reading';
import { seededRandom } from '../../../src/support/random';
import { HIGH, momentOf, rulesOf } from '../../../testkit/meters/alarms';
import { sampleOf } from '../../../testkit/meters/telemetry';

/** Alarms and the events that they gave, as text. */
class Script {
  alarms: AlarmSet;
  readonly told: string[] = [];

  constructor(
    public rules: readonly AlarmRule[],
    private readonly validMs?: number,
  ) {
    this.alarms = new AlarmSet(rules, undefined, validMs);
  }

  /** One value of `current_l1`, or of another metric; undefined lets time pass. */
  at(second: number, value: Value | undefined, metric = 'current_l1'): this {
    const now = momentOf(second * 1000);
    const events =
      value === undefined
        ? this.alarms.tick(now)
        : this.alarms.update({ [metric]: sampleOf(metric, value, second * 1000) }, now);
    this.note(second, events);
    return this;
  }

  /** The process ends, and another one begins with these rules. */
  restart(rules = this.rules): this {
    this.rules = rules;
    this.alarms = new AlarmSet(rules, JSON.parse(JSON.stringify(this.alarms.state())), this.validMs);
    return this;
  }

  take(): string[] {
    return this.told.splice(0);
  }

  get unjudged(): readonly (readonly [string, boolean, string | undefined])[] {
    return this.alarms.unjudged().map(({ id, active, reason }) => [id, active, reason]);
  }

  private note(second: number, events: readonly AlarmEvent[]): void {
    for (const event of events) {
      const ids = 'alarm' in event ? [event.alarm.id] : event.rules.map(({ id }) => id);
      this.told.push(`${second} ${event.event} ${ids.join('+')}`);
    }
  }
}

describe('delays of alarms', () => {
  it('stand still while the value is bad: an off-delay does not run out, and goes on where it was', () => {
    const script = new Script(rulesOf({ ...HIGH, offDelaySeconds: 10 }));
    script.at(0, 150).at(1, 50).at(2, 50).at(3, 50);
    for (let second = 4; second < 100; second++) script.at(second, null);
    assert.deepEqual(script.take(), ['0 raised high', '4 unjudged high']);
    assert.deepEqual(script.unjudged, [['high', true, 'read_failed']]);
    assert.deepEqual(
      script.alarms.active().map(({ judged, value, quality }) => [judged, value, quality]),
      [[false, null, 'bad']],
    );
    // Three seconds were seen before, and with the good value at 100 time goes on.
    for (let second = 100; second < 110; second++) script.at(second, 50);
    assert.deepEqual(script.take(), ['100 judged high', '107 cleared high']);
  });

  it('stand still while the value is bad: an on-delay does not run out either', () => {
    const script = new Script(rulesOf({ ...HIGH, onDelaySeconds: 5 }));
    script.at(0, 150).at(1, 150).at(2, 150);
    for (let second = 3; second < 60; second++) script.at(second, null);
    assert.deepEqual(script.take(), ['3 unjudged high']);
    for (let second = 60; second < 65; second++) script.at(second, 150);
    // Seen from 0 to 3 and from 60 on; since says when it began.
    assert.deepEqual(script.take(), ['60 judged high', '62 raised high']);
    assert.equal(script.alarms.active()[0]?.since, 0);
  });

  it('begin anew where the first good value shows the contrary', () => {
    const script = new Script(rulesOf({ ...HIGH, offDelaySeconds: 10 }));
    script.at(0, 150).at(1, 50).at(5, 50).at(6, null).at(7, 150).at(8, 50);
    for (let second = 9; second < 20; second++) script.at(second, 50);
    assert.equal(script.take().at(-1), '18 cleared high');
  });

  it('stand still when the value does not come any more, after three of its cycles', () => {
    const script = new Script(rulesOf({ ...HIGH, offDelaySeconds: 60 }));
    script.at(0, 150).at(10, 50).at(20, 50);
    for (let second = 21; second < 600; second++) script.at(second, undefined);
    assert.deepEqual(script.take(), ['0 raised high', '52 unjudged high']);
    assert.deepEqual(script.unjudged, [['high', true, 'stale']]);
    // From 10 to 51 it was seen.
    for (let second = 600; second < 630; second++) script.at(second, 50);
    assert.deepEqual(script.take(), ['600 judged high', '619 cleared high']);
  });

  it('take a value of a slow group for what it is until the next one is due', () => {
    const script = new Script(rulesOf({ ...HIGH, metric: 'active_energy_import_total', onDelaySeconds: 1000 }));
    for (let second = 0; second <= 2700; second++) {
      if (second % 900 === 0) script.at(second, 150, 'active_energy_import_total');
      else script.at(second, 1, 'frequency');
    }
    assert.deepEqual(script.take(), ['1000 raised high']);
  });

  it('are kept over a restart, but for the time without the software', () => {
    const script = new Script(rulesOf({ ...HIGH, onDelaySeconds: 10 }));
    script.at(0, 150).at(6, 150).restart().at(1000, 150).at(1003, 150).at(1004, 150);
    assert.deepEqual(script.take(), ['1004 raised high']);
  });

  it('never let an alarm be raised or cleared on account of time during which its value was bad, at random', () => {
    const [onDelay, offDelay, length] = [6, 9, 400];
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      const script = new Script(rulesOf({ ...HIGH, onDelaySeconds: onDelay, offDelaySeconds: offDelay }));
      const values: Value[] = [];
      const changes: { readonly second: number; readonly event: string }[] = [];
      let [value, isBad]: [number, boolean] = [50, false];
      /** For how many seconds before `end` values showed this, bad ones left out. */
      const seenBefore = (end: number, isHigh: boolean): number => {
        let seen = 0;
        for (let second = end - 1; second >= 0; second--) {
          const shown = values[second];
          if (typeof shown !== 'number') continue;
          if (shown > 100 !== isHigh) break;
          seen++;
        }
        return seen;
      };
      for (let second = 0; second < length; second++) {
        if (random() < 0.12) value = random() < 0.5 ? 150 : 50;
        if (random() < 0.2) isBad = !isBad;
        const shown = isBad ? null : value;
        values.push(shown);
        if (random() < 0.03) script.restart().at(second - 1, undefined);
        script.at(second, shown);
        for (const told of script.take()) {
          const [, event = ''] = told.split(' ');
          if (event === 'raised' || event === 'cleared') changes.push({ second, event });
        }
        const last = changes.at(-1);
        if (last?.second !== second) continue;
        assert.notEqual(shown, null, `seed ${seed}: ${last.event} at ${second} with a bad value`);
        const [isRaised, needed] = last.event === 'raised' ? [true, onDelay] : [false, offDelay];
        const seen = seenBefore(second, isRaised);
        assert.ok(seen >= needed, `seed ${seed}: ${last.event} at ${second} after ${seen} s of ${needed}`);
      }
      for (const [index, { event }] of changes.entries()) assert.equal(event, index % 2 === 0 ? 'raised' : 'cleared');
    }
  });

  it('do let it, once values have shown it long enough: without restarts at the very second', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      const script = new Script(rulesOf({ ...HIGH, onDelaySeconds: 4, offDelaySeconds: 7 }));
      let [value, isBad, seen, isActive, wasHigh, wasGood] = [50, false, 0, false, false, false];
      for (let second = 0; second < 300; second++) {
        if (random() < 0.1) value = random() < 0.5 ? 150 : 50;
        if (random() < 0.25) isBad = !isBad;
        script.at(second, isBad ? null : value);
        if (wasGood) seen++;
        wasGood = !isBad;
        if (!isBad) {
          const isHigh = value > 100;
          if (isHigh !== wasHigh) seen = 0;
          wasHigh = isHigh;
          if (isHigh && seen >= 4) isActive = true;
          if (!isHigh && seen >= 7) isActive = false;
        }
        assert.equal(script.alarms.active().length, isActive ? 1 : 0, `seed ${seed} at ${second}`);
      }
    }
  });
});

describe('what cannot be judged', () => {
  it('is told once when it begins and once when it ends, in one event for all rules', () => {
    const script = new Script(rulesOf(HIGH, { ...HIGH, id: 'other', limit: 200 }));
    script.at(0, 50).at(1, null).at(2, null).at(3, undefined).at(4, 50).at(5, 50);
    assert.deepEqual(script.take(), ['1 unjudged high+other', '4 judged high+other']);
  });

  it('comes before the alarm that the first good value raises, and after what was known', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, null).at(1, 150).at(2, null).at(3, 50);
    assert.deepEqual(script.take(), [
      '0 unjudged high',
      '1 judged high',
      '1 raised high',
      '2 unjudged high',
      '3 judged high',
      '3 cleared high',
    ]);
  });

  it('is in the table from the start, and told of when no cycle can be as long', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 50, 'frequency');
    assert.deepEqual(script.unjudged, [['high', false, undefined]]);
    for (let minute = 1; minute < 120; minute++) script.at(60 * minute, 50, 'frequency');
    assert.deepEqual(script.take(), ['3900 unjudged high']);
    assert.equal(script.alarms.unjudgedCount, 1);
  });

  it('is not told of a default rule for what nobody reads', () => {
    const script = new Script(rulesOf(HIGH).map((rule) => ({ ...rule, isDefault: true })));
    for (let minute = 0; minute < 120; minute++) script.at(60 * minute, 50, 'frequency');
    assert.deepEqual([script.take(), script.unjudged.length, script.alarms.unjudgedCount], [[], 1, 0]);
  });

  it('is remembered over a restart, so that it is told when it ends', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 150).at(1, null).restart().at(100, null).at(101, 150);
    assert.deepEqual(script.take(), ['0 raised high', '1 unjudged high', '101 judged high']);
  });

  it('is told a minute after a restart of an alarm that is active, when its value does not come', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 150).restart();
    for (let second = 10; second < 200; second += 10) script.at(second, 50, 'frequency');
    assert.deepEqual(script.take(), ['0 raised high', '70 unjudged high']);
  });

  it('never is a rule for what is missing: bad values are what it is about', () => {
    const script = new Script(rulesOf({ id: 'gone', metric: 'current_l1', condition: 'missing', onDelaySeconds: 3 }));
    for (const [second, value] of [1, null, null, null, null, 1, undefined, 1].entries()) script.at(second, value);
    assert.deepEqual(script.take(), ['3 raised gone', '5 cleared gone']);
    assert.deepEqual(script.unjudged, []);
  });

  it('leaves a latched alarm to the person: acknowledge and reset go by what was known last', () => {
    const script = new Script(rulesOf({ ...HIGH, latching: true }));
    script.at(0, 150).at(1, null);
    assert.deepEqual(script.alarms.command('reset', 1500), [], 'it held when it was last known');
    assert.equal(script.alarms.command('acknowledge', 1600).length, 1);
    script.at(2, 50).at(3, null);
    assert.deepEqual(
      script.alarms.active().map(({ latched, judged, acknowledged }) => [latched, judged, acknowledged]),
      [[true, false, true]],
    );
    assert.deepEqual(
      script.alarms.command('reset', 3500).map(({ event }) => event),
      ['cleared'],
    );
  });

  it('an uncertain value can be judged, and the alarm says how far it can be trusted', () => {
    const alarms = new AlarmSet(rulesOf({ ...HIGH, onDelaySeconds: 1 }));
    const uncertain = (second: number): AlarmEvent[] =>
      alarms.update(
        { current_l1: sampleOf('current_l1', 150, 0, { quality: 'uncertain', reason: 'layout_inferred' }) },
        momentOf(second * 1000),
      );
    const [raised] = [...uncertain(0), ...uncertain(1)] as AlarmChange[];
    assert.deepEqual([raised?.event, raised?.alarm.quality, raised?.alarm.judged], ['raised', 'uncertain', true]);
  });
});

describe('rules that change while their alarm is active', () => {
  const DELAYED = { ...HIGH, onDelaySeconds: 5 };

  it('another metric under the same id is another rule: the old alarm ends, and nothing is inherited', () => {
    for (const change of [{ metric: 'current_l2' }, { condition: 'below' }]) {
      const script = new Script(rulesOf(HIGH));
      script.at(0, 150).take();
      script.restart(rulesOf({ ...DELAYED, ...change }));
      const metric = 'metric' in change ? change.metric : 'current_l1';
      script.at(10, 'metric' in change ? 150 : 50, metric);
      assert.deepEqual(script.take(), ['10 cleared high'], JSON.stringify(change));
      script.at(14, 'metric' in change ? 150 : 50, metric).at(15, 'metric' in change ? 150 : 50, metric);
      assert.deepEqual(script.take(), ['15 raised high']);
    }
  });

  it('the alarm of a rule that was taken away ends, with the row that it last had', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 150).take();
    script.restart(rulesOf({ ...HIGH, id: 'new' }));
    const [cleared] = script.alarms.tick(momentOf(5000)) as AlarmChange[];
    const { id, metric, severity, message, since, value } = cleared?.alarm ?? {};
    assert.deepEqual([cleared?.event, cleared?.timestamp], ['cleared', 5000]);
    assert.deepEqual([id, metric, severity, message], ['high', 'current_l1', 'warning', 'Too much.']);
    assert.deepEqual([since, value], [0, 150]);
    assert.deepEqual(script.alarms.tick(momentOf(6000)), [], 'once');
  });

  it('another severity ends the alarm of the old one, and raises it anew', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 150).take();
    script.restart(rulesOf({ ...HIGH, severity: 'critical' })).at(10, 150);
    assert.deepEqual(script.take(), ['10 cleared high', '10 raised high']);
    assert.equal(script.alarms.active()[0]?.severity, 'critical');
  });

  it('another limit, delay or message leaves it as it is until the next value', () => {
    const script = new Script(rulesOf(HIGH));
    script.at(0, 150).take();
    script.restart(rulesOf({ ...HIGH, limit: 200, offDelaySeconds: 2, message: 'Far too much.' }));
    assert.deepEqual(
      script.alarms.active().map(({ limit, message, acknowledged }) => [limit, message, acknowledged]),
      [[200, 'Far too much.', false]],
    );
    script.at(10, 150).at(11, 150).at(12, 150);
    assert.deepEqual(script.take(), ['12 cleared high']);
  });
});
