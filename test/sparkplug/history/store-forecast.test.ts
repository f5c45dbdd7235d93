import assert from 'node:assert/strict';
import { writeHistoryRecord } from '../../../src/sparkplug/history/history-record';
import { hoursText, StoreForecast } from '../../../src/sparkplug/history/store-forecast';
import { FakeClock } from '../../../testkit/fake-clock';
import { START, sample } from '../../../testkit/sparkplug/samples';

const DAY_MS = 86_400_000;
const METERS = 5;

/** A forecast, and meters that publish ten values every second. */
function bench() {
  const clock = new FakeClock(START);
  const said: [level: string, sentence: string][] = [];
  const note =
    (level: string) =>
    (sentence: string): void =>
      void said.push([level, sentence]);
  const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const forecast = new StoreForecast(clock, logger);
  const record = (meter: number, second: number) => ({
    deviceId: `M${meter}`,
    samples: Array.from({ length: 10 }, (_, at) => sample(`metric ${at}`, second + at / 8, { at: START + second })),
  });
  /** @returns bytes that all of it would have taken */
  const run = async (seconds: number, meters = METERS): Promise<number> => {
    let bytes = 0;
    for (let second = 0; second < seconds; second++) {
      for (let meter = 0; meter < meters; meter++) {
        const one = record(meter, second);
        forecast.note(one);
        bytes += Buffer.byteLength(writeHistoryRecord(one));
      }
      await clock.advance(1000);
    }
    return bytes;
  };
  return { clock, forecast, said, run };
}

describe('forecast of the Sparkplug store', () => {
  it('measures what comes, whether it is stored or not, within a few percent', async () => {
    const { forecast, run } = bench();
    await run(100);
    assert.deepEqual(forecast.capacity({ maximumBytes: 1 }, { bytes: 0 }), { maximumBytes: 1 }, 'after a minute');
    const bytes = await run(1200);
    const actual = bytes * 3;
    const measured = forecast.bytesPerHour ?? 0;
    assert.ok(Math.abs(measured - actual) < actual * 0.05, `${measured} for ${actual}`);
  });

  it('tells how many hours fit, by size or by age, and when it is full', async () => {
    const { forecast, run } = bench();
    await run(1200);
    const perHour = forecast.bytesPerHour ?? 0;
    const bySize = forecast.capacity({ maximumBytes: perHour * 51, maximumAgeMs: 3 * DAY_MS }, { bytes: perHour * 11 });
    assert.deepEqual([Math.round(bySize.hours ?? 0), Math.round(bySize.fullInHours ?? 0)], [51, 40]);
    const byAge = forecast.capacity({ maximumBytes: perHour * 500, maximumAgeMs: 3 * DAY_MS }, { bytes: 0 });
    assert.equal(byAge.hours, 72);
    const full = forecast.capacity({ maximumBytes: perHour }, { bytes: perHour * 2 });
    assert.equal(full.fullInHours, 0);
  });

  it('says it once, as a warning where values may wait longer than they can, and again when it is another', async () => {
    const { clock, forecast, said, run } = bench();
    await run(1200);
    const limits = { maximumBytes: (forecast.bytesPerHour ?? 0) * 10, maximumAgeMs: 3 * DAY_MS };
    for (let hour = 0; hour < 3; hour++) {
      forecast.look(limits);
      await clock.advance(3_600_000);
      await run(1800);
      forecast.look(limits);
    }
    assert.equal(said.length, 1);
    assert.deepEqual([said[0]?.[0], /holds about (\d+)/.exec(said[0]?.[1] ?? '')?.[1]], ['warn', '10']);
    assert.match(said[0]?.[1] ?? '', /less than the 72 h that values may wait/);
    await clock.advance(3_600_000);
    await run(1800, 2 * METERS + 2);
    forecast.look(limits);
    assert.equal(said.length, 2);
    assert.match(said[1]?.[1] ?? '', /holds about 4\.\d h/);
    const { forecast: roomy, said: calm, run: runRoomy } = bench();
    await runRoomy(400);
    roomy.look({ maximumBytes: 1e12, maximumAgeMs: 3 * DAY_MS });
    assert.deepEqual(
      calm.map(([level]) => level),
      ['info'],
    );
  });

  it('knows nothing where nothing came', () => {
    const { forecast, said } = bench();
    forecast.look({ maximumBytes: 1 });
    assert.deepEqual([forecast.capacity({ maximumBytes: 1 }, { bytes: 0 }), said], [{ maximumBytes: 1 }, []]);
  });

  it('speaks of hours and minutes', () => {
    assert.deepEqual([0.001, 0.5, 7.25, 72].map(hoursText), ['1 min', '30 min', '7.3 h', '72 h']);
  });
});
