import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/support/random';
import { LineSchedule, SILENT_SHARE } from '../../../src/transport/modbus/line-schedule';
import { simulateLine, type SimulatedUnit, type UnitResult } from '../../../testkit/meters/line-simulation';

const random = seededRandom(20_26);
const between = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
const always = (): boolean => true;
const never = (): boolean => false;

function unit(intervalMs: number, serviceMs: number, answers: (atMs: number) => boolean = always): SimulatedUnit {
  return { intervalMs, phaseMs: random() * intervalMs, serviceMs, answers };
}

const many = (count: number, make: () => SimulatedUnit): readonly SimulatedUnit[] =>
  Array.from({ length: count }, make);

/**
 * Readings of the units that answer, as a share of what they get on the same line without the others; counted from when
 * every unit has been tried once.
 */
function sharesOf(
  good: readonly SimulatedUnit[],
  others: readonly SimulatedUnit[],
  options: Parameters<typeof simulateLine>[1],
): readonly number[] {
  const fromMs = others.length * (options.silenceMs + options.pauseMs);
  const count = ({ readAt }: UnitResult): number => readAt.filter((at) => at >= fromMs).length;
  const alone = simulateLine(good, options);
  const together = simulateLine([...good, ...others], options);
  return alone.map((result, index) => count(together[index]!) / count(result));
}

describe('LineSchedule', () => {
  it('serves a gateway with 2 units that answer and 6 that do not, at 2 s', () => {
    for (let round = 0; round < 20; round++) {
      const good = many(2, () => unit(2000, 100));
      const dead = many(6, () => unit(2000, 100, never));
      const options = { durationMs: 600_000, silenceMs: 2000, pauseMs: 50 };
      for (const share of sharesOf(good, dead, options)) assert.ok(share >= 0.95, `${share}`);
    }
  });

  it('serves a serial line with 8 units that answer and 2 that do not, at 10 s', () => {
    for (let round = 0; round < 20; round++) {
      const good = many(8, () => unit(10_000, 400));
      const dead = many(2, () => unit(10_000, 400, never));
      const options = { durationMs: 600_000, silenceMs: 4000, pauseMs: 50 };
      for (const share of sharesOf(good, dead, options)) assert.ok(share >= 0.95, `${share}`);
    }
  });

  it('leaves every unit that answers 95 % of its readings, whatever else is on the line', () => {
    for (let round = 0; round < 80; round++) {
      const silenceMs = between(200, 4000);
      const good = many(between(1, 8), () => unit(between(2, 40) * 250, between(5, 100)));
      const slow = random() < 0.3 ? [unit(between(2000, 10_000), 800)] : [];
      // A line without time left cannot make up for a single delay.
      const load = [...good, ...slow].reduce((sum, each) => sum + (each.serviceMs + 50) / each.intervalMs, 0);
      if (load > 0.7) continue;
      const dead = many(between(0, 12), () => unit(between(1, 40) * 250, 50, never));
      const durationMs = 3_600_000;
      const shares = sharesOf([...good, ...slow], dead, { durationMs, silenceMs, pauseMs: 50 });
      const told = `round ${round}: ${good.length} good, ${slow.length} slow, ${dead.length} dead, silence ${silenceMs} ms`;
      for (const share of shares) assert.ok(share >= 0.95, `${told}: ${share}`);
    }
  });

  it('gives units that do not answer no more than their share, and asks each of them within a known time', () => {
    for (let round = 0; round < 30; round++) {
      const silenceMs = between(500, 4000);
      const dead = between(1, 10);
      const durationMs = 3_600_000;
      const results = simulateLine([unit(1000, 20), ...many(dead, () => unit(2000, 20, never))], {
        durationMs,
        silenceMs,
        pauseMs: 50,
      });
      const attempts = results.slice(1).map((result) => result.attempts);
      const spentMs = silenceMs * attempts.reduce((sum, count) => sum + count, 0);
      assert.ok(spentMs <= SILENT_SHARE * durationMs + 2 * dead * silenceMs, `${spentMs} ms of ${durationMs}`);
      // Its turn comes once a round; it comes to take it at its next cycle.
      const roundMs = dead * (silenceMs / SILENT_SHARE + 2000);
      for (const count of attempts) assert.ok(count >= Math.floor(durationMs / roundMs) - 1, `${count} attempts`);
    }
  });

  it('reads a unit that comes back within one round of those that are silent', () => {
    for (let round = 0; round < 30; round++) {
      const backAt = between(300_000, 400_000);
      const dead = between(0, 6);
      const returning = unit(2000, 50, (at) => at >= backAt);
      const [, result] = simulateLine([unit(2000, 50), returning, ...many(dead, () => unit(2000, 50, never))], {
        durationMs: 1_200_000,
        silenceMs: 1000,
        pauseMs: 50,
      });
      const waitedMs = result!.readAt[0]! - backAt;
      assert.ok(waitedMs <= (dead + 1) * (1000 / SILENT_SHARE + 2000) + 2000, `${waitedMs} ms with ${dead} others`);
    }
  });

  it('asks a unit that was lost for a moment again at once, and before those that are silent for long', () => {
    const lostAt = 300_000;
    const blink = unit(2000, 50, (at) => at < lostAt || at >= lostAt + 2500);
    const outage = unit(2000, 50, (at) => at < lostAt || at >= lostAt + 15_000);
    for (const [returning, withinMs] of [
      [blink, 8000],
      [outage, 2 * (1000 / SILENT_SHARE) + 8000],
    ] as const) {
      const [, result] = simulateLine([unit(2000, 50), returning, ...many(6, () => unit(2000, 50, never))], {
        durationMs: 600_000,
        silenceMs: 1000,
        pauseMs: 50,
      });
      const next = result!.readAt.find((at) => at > lostAt)!;
      assert.ok(next - lostAt <= withinMs, `${next - lostAt} ms`);
    }
  });

  it('holds nobody back where no unit answers, so that a line that returns is heard soon', () => {
    const backAt = 600_000;
    const results = simulateLine(
      many(8, () => unit(2000, 50, (at) => at < 60_000 || at >= backAt)),
      { durationMs: 900_000, silenceMs: 2000, pauseMs: 50 },
    );
    for (const { readAt } of results) {
      const next = readAt.find((at) => at >= backAt)!;
      assert.ok(next - backAt <= 2 * 8 * 2000, `${next - backAt} ms`);
    }
  });

  it('takes a unit that comes and goes for one that does not answer, as far as the others are concerned', () => {
    const flapping = unit(2000, 50, (at) => Math.floor(at / 5000) % 2 === 0);
    const options = { durationMs: 1_200_000, silenceMs: 2000, pauseMs: 50 };
    const shares = sharesOf(
      many(3, () => unit(2000, 50)),
      [flapping],
      options,
    );
    for (const share of shares) assert.ok(share >= 0.9, `${share}`);
  });

  it('lets nobody starve, also where there is more to read than there is time', () => {
    const results = simulateLine([...many(6, () => unit(200, 100)), unit(200, 800), unit(200, 50, never)], {
      durationMs: 600_000,
      silenceMs: 2000,
      pauseMs: 50,
    });
    const readings = results.slice(0, 7).map((result) => result.readings);
    assert.ok(Math.min(...readings) >= 0.5 * Math.max(...readings), readings.join());
    assert.ok(results[7]!.attempts >= 10, `${results[7]!.attempts} attempts`);
  });

  it('gives a place in the queue back', () => {
    const schedule = new LineSchedule();
    const first = schedule.join(1, 0);
    const second = schedule.join(2, 0);
    schedule.leave(first);
    assert.equal(schedule.next(0), second);
    assert.equal(schedule.next(0), undefined);
    assert.equal(schedule.isWanted, false);
  });

  it('forgets units that nobody asks any more', () => {
    const schedule = new LineSchedule();
    const ask = (number: number, now: number, answers: boolean): void => {
      schedule.join(number, now);
      assert.equal(schedule.next(now)?.unit, number);
      if (answers) schedule.answered(number, now);
      else schedule.silent(number, 1000, now);
    };
    ask(1, 0, true);
    for (let number = 2; number < 12; number++) ask(number, 0, false);
    ask(1, 7_200_000, true);
    ask(12, 7_200_000, false);
    assert.ok(schedule.waitMs(12, 7_200_000) <= 1000 / SILENT_SHARE, 'nobody is before it any more');
  });
});
