import assert from 'node:assert/strict';
import { MOST_AT_ONCE, OpeningPace } from '../../src/acquisition/opening-pace';
import { Pm500Error } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { MeterBench, type BenchMeter } from '../../testkit/meters/meter-bench';

const METERS = 500;

describe('the pace at which meters are opened', () => {
  it('lets a few begin at once, and keeps the order of the others', async () => {
    const clock = new FakeClock();
    const pace = new OpeningPace(clock);
    const begun: number[] = [];
    for (let index = 0; index < 3 * MOST_AT_ONCE; index++) void pace.turn().then(() => begun.push(index));
    await clock.advance(0);
    assert.equal(begun.length, MOST_AT_ONCE);
    await clock.advance(3 * MOST_AT_ONCE);
    assert.deepEqual(
      begun,
      [...begun].sort((left, right) => left - right),
    );
    assert.deepEqual([begun.length, clock.pending], [3 * MOST_AT_ONCE, 0]);
  });

  it('makes no more of a long silence, or of a process that stood still, than that few', async () => {
    const clock = new FakeClock();
    const pace = new OpeningPace(clock);
    let begun = 0;
    const ask = (): void => {
      for (let index = 0; index < METERS; index++) void pace.turn().then(() => begun++);
    };
    await clock.advance(3_600_000);
    ask();
    await clock.advance(0);
    assert.equal(begun, MOST_AT_ONCE);
    clock.leap(10_000);
    await clock.advance(0);
    assert.ok(begun <= 2 * MOST_AT_ONCE, `${begun} at once`);
  });

  describe('of 500 meters behind one switch', () => {
    let bench: MeterBench;
    let meters: readonly BenchMeter[];
    beforeEach(() => {
      bench = new MeterBench();
      meters = Array.from({ length: METERS }, (_, index) =>
        bench.acquire({ host: `10.0.${Math.floor(index / 250)}.${index % 250}` }),
      );
    });
    const opens = (): number => meters.reduce((sum, { transport }) => sum + transport.opens, 0);
    const readAll = (): Promise<readonly string[]> =>
      Promise.all(
        meters.map(async ({ session }) => {
          const { blocks } = await session.readGroups(['status']);
          return blocks[0]?.error?.code ?? 'ok';
        }),
      );

    it('a message that asks all of them opens them within half a second, never many in one moment', async () => {
      const reading = readAll();
      let most = 0;
      for (let ms = 0; ms <= METERS && opens() < METERS; ms++) {
        const before = opens();
        await bench.clock.advance(ms === 0 ? 0 : 1);
        most = Math.max(most, opens() - before);
      }
      assert.equal(opens(), METERS);
      assert.ok(most <= MOST_AT_ONCE + 1, `${most} in one moment`);
      assert.deepEqual(new Set(await bench.clock.advanceUntil(reading, 10)), new Set(['ok']));
    });

    it('those that do not answer do not keep the others waiting, however long their attempts take', async () => {
      await bench.clock.advanceUntil(readAll(), 50);
      for (const { transport } of meters) transport.drop(new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
      await bench.clock.advance(1000);
      const [last] = meters.slice(-1);
      for (const { transport } of meters.slice(0, -1)) transport.openTakesMs = 3_000_000;
      const others = readAll();
      await bench.clock.advance(METERS + 50);
      assert.equal(last?.transport.state, 'open');
      void others;
    });
  });
});
