import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles } from '../../testkit/delivery/memory-files';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };
const COUNT = 60;

/** An outbox on files in memory that counts what becomes of `COUNT` records. */
class Bench {
  readonly clock = new FakeClock();
  readonly messages: string[] = [];
  files = new MemoryFiles();

  open(): DiskOutbox {
    return openOutbox({
      folder: '/memory',
      limits: { maximumBytes: 1e9 },
      clock: this.clock,
      logger: { ...silentLogger, error: (message) => void this.messages.push(message) },
      segmentBytes: 500,
      files: this.files.process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
  }

  async fill(outbox: DiskOutbox): Promise<void> {
    for (let at = 0; at < COUNT; at += 1) await outbox.append([{ payload: `record ${at}`, acceptedAt: 0 }]);
  }

  get segments(): readonly string[] {
    return [...this.files.names.keys()].filter((name) => name.startsWith('segment')).sort();
  }

  /** Opens it again and takes all: what was given is delivered or counted. */
  async assertAccounted(acknowledged: number, expectsLoss: boolean): Promise<void> {
    const outbox = this.open();
    let delivered = 0;
    for (let batch = await outbox.peek(ALL); batch.records.length > 0; batch = await outbox.peek(ALL)) {
      delivered += batch.records.length;
      await outbox.acknowledge(batch);
    }
    const { damaged, depth, position } = outbox.stats();
    assert.deepEqual([acknowledged + delivered + damaged, depth, position], [COUNT, 0, COUNT]);
    assert.equal(damaged > 0, expectsLoss, `${damaged} lost`);
    assert.equal(this.messages.length > 0, expectsLoss, this.messages.join());
    await outbox.append([{ payload: 'later', acceptedAt: 0 }]);
    assert.deepEqual((await outbox.peek(ALL)).records.length, 1);
    await outbox.close();
  }
}

describe('records of a disk outbox that somebody took away', () => {
  const zero = (bytes: Buffer): Buffer => Buffer.alloc(bytes.length);
  const places: readonly (readonly [what: string, at: number])[] = [
    ['first', 0],
    ['third', 2],
    ['last', -1],
  ];
  for (const [what, at] of places) {
    const harms: readonly (readonly [harm: string, harm: (files: MemoryFiles, name: string) => void])[] = [
      ['deleted', (files, name) => void files.names.delete(name)],
      [
        'filled with zeros',
        (files, name) => {
          files.put(name, zero(files.get(name)));
        },
      ],
      [
        'cut to nothing',
        (files, name) => {
          files.put(name, Buffer.alloc(0));
        },
      ],
      [
        'cut in the middle',
        (files, name) => {
          files.put(name, files.get(name).subarray(0, files.get(name).length / 2));
        },
      ],
    ];
    for (const [harm, doHarm] of harms) {
      for (const acknowledged of [0, 7]) {
        it(`are counted when the ${what} file is ${harm}, ${acknowledged} acknowledged`, async () => {
          const bench = new Bench();
          const outbox = bench.open();
          await bench.fill(outbox);
          if (acknowledged > 0) {
            await outbox.peek(ALL);
            await outbox.acknowledge({ from: 0, to: acknowledged });
          }
          await outbox.close();
          doHarm(bench.files, bench.segments.at(at) ?? '');
          await bench.assertAccounted(acknowledged, true);
        });
      }
    }
  }

  it('are counted when all files are deleted but the position', async () => {
    const bench = new Bench();
    const outbox = bench.open();
    await bench.fill(outbox);
    await outbox.close();
    for (const name of bench.segments) bench.files.names.delete(name);
    await bench.assertAccounted(0, true);
  });

  it('are not counted as lost when it is the position that is gone', async () => {
    const bench = new Bench();
    const outbox = bench.open();
    await bench.fill(outbox);
    await outbox.peek(ALL);
    await outbox.acknowledge({ from: 0, to: 50 });
    await outbox.close();
    const first = Number(/-(\d{16})\.seg$/.exec(bench.segments[0] ?? '')?.[1]);
    assert.ok(first > 0);
    bench.files.names.delete('position');
    await bench.assertAccounted(first, false);
  });

  it('are not counted twice, nor what was acknowledged or dropped before a kill', async () => {
    const bench = new Bench();
    const outbox = bench.open();
    await bench.fill(outbox);
    outbox.setLimits({ maximumBytes: 300 });
    await outbox.peek(ALL);
    const { dropped, position } = outbox.stats();
    assert.ok(dropped > 20 && position === dropped);
    // Killed: nothing is closed, another process opens what is there.
    const killed = new Bench();
    killed.files = bench.files.copy();
    const first = Number(/-(\d{16})\.seg$/.exec(killed.segments[0] ?? '')?.[1]);
    const again = killed.open();
    await again.ready();
    const { damaged, position: found } = again.stats();
    assert.equal(damaged, 0);
    assert.ok(found >= first && found <= dropped);
    await again.close();
    await outbox.close();
  });
});

describe('the age of records', () => {
  const HOUR_MS = 3_600_000;
  const limits = { maximumBytes: 1e9, maximumAgeMs: 72 * HOUR_MS };

  const openWith = (files: MemoryFiles, clock: FakeClock): DiskOutbox =>
    openOutbox({
      folder: '/memory',
      limits,
      clock,
      logger: silentLogger,
      files: files.process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
  const append = (outbox: DiskOutbox, clock: FakeClock): Promise<unknown> =>
    outbox.append([{ payload: 'x', acceptedAt: clock.now() }]);

  for (const [what, stepMs] of [
    ['tomorrow', 24 * HOUR_MS],
    ['100 hours ahead', 100 * HOUR_MS],
    ['back by a year', -8766 * HOUR_MS],
  ] as const) {
    it(`is not changed by a clock that is set ${what}, nor in the next process`, async () => {
      const files = new MemoryFiles();
      const clock = new FakeClock();
      const outbox = openWith(files, clock);
      for (let count = 0; count < 10; count += 1) await append(outbox, clock);
      clock.jump(stepMs);
      await append(outbox, clock);
      await outbox.peek(ALL);
      assert.deepEqual([outbox.stats().depth, outbox.stats().dropped, outbox.stats().oldestAgeMs], [11, 0, 0]);
      await outbox.close();
      const next = openWith(files, clock);
      await next.ready();
      await next.peek(ALL);
      assert.deepEqual([next.stats().depth, next.stats().oldestAgeMs], [11, 0]);
      await clock.advance(73 * HOUR_MS);
      await next.peek(ALL);
      const { depth, dropped, droppedForAge } = next.stats();
      assert.deepEqual([depth, dropped, droppedForAge], [0, 11, 11], 'real time is an age');
      await next.close();
    });
  }

  for (const [what, stepMs] of [
    ['ahead', 100 * HOUR_MS],
    ['back', -100 * HOUR_MS],
  ] as const) {
    it(`is not changed by a clock that is set ${what} while a record waits for the disk`, async () => {
      const files = new MemoryFiles();
      const clock = new FakeClock();
      const outbox = openWith(files, clock);
      // The first ones wait for the outbox to open, the others for the write before them.
      const given = [append(outbox, clock), append(outbox, clock)];
      clock.jump(stepMs);
      await outbox.ready();
      given.push(append(outbox, clock));
      clock.jump(stepMs);
      await outbox.peek(ALL);
      await Promise.all(given);
      await outbox.peek(ALL);
      assert.deepEqual([outbox.stats().depth, outbox.stats().dropped, outbox.stats().oldestAgeMs], [3, 0, 0]);
      await clock.advance(73 * HOUR_MS);
      await outbox.peek(ALL);
      assert.deepEqual([outbox.stats().depth, outbox.stats().droppedForAge], [0, 3], 'real time is an age');
      await outbox.close();
    });
  }

  it('is not changed by a clock that is set while a record is being written', async () => {
    const files = new MemoryFiles();
    const clock = new FakeClock();
    const outbox = openWith(files, clock);
    await outbox.ready();
    const given = append(outbox, clock);
    for (let turn = 0; turn < 12; turn += 1) {
      await Promise.resolve();
      clock.jump(9 * HOUR_MS);
    }
    await given;
    assert.deepEqual([outbox.stats().depth, outbox.stats().dropped], [1, 0]);
    await outbox.peek(ALL);
    assert.deepEqual([outbox.stats().depth, outbox.stats().dropped], [1, 0]);
    await outbox.close();
  });

  it('is none of a gateway that starts in 1970 and learns the time later, over several starts', async () => {
    const files = new MemoryFiles();
    const today = Date.UTC(2026, 10, 26);
    let given = 0;
    for (let start = 0; start < 4; start += 1) {
      const clock = new FakeClock(5000);
      const outbox = openWith(files, clock);
      for (let count = 0; count < 5; count += 1) await append(outbox, clock);
      await clock.advance(HOUR_MS);
      clock.jump(today + start * 6 * HOUR_MS - clock.now());
      for (let count = 0; count < 5; count += 1) await append(outbox, clock);
      given += 10;
      await outbox.peek(ALL);
      assert.deepEqual([outbox.stats().depth, outbox.stats().dropped], [given, 0], `start ${start}`);
      await outbox.close();
    }
  });
  for (const [when, year] of [
    ['today', 2026],
    ['in 2099', 2099],
  ] as const) {
    it(`is none of a gateway that starts in 1970 and learns the time, ${when}, before the next start`, async () => {
      const files = new MemoryFiles();
      const early = new FakeClock(5000);
      const first = openWith(files, early);
      for (let count = 0; count < 5; count += 1) await append(first, early);
      await first.close();
      const clock = new FakeClock(Date.UTC(year, 10, 26));
      const second = openWith(files, clock);
      for (let count = 0; count < 5; count += 1) await append(second, clock);
      await second.peek(ALL);
      assert.deepEqual([second.stats().depth, second.stats().dropped], [10, 0]);
      // What is certain counts: the time for which this process has them.
      await clock.advance(73 * HOUR_MS);
      await append(second, clock);
      await second.peek(ALL);
      assert.deepEqual([second.stats().depth, second.stats().dropped], [1, 10]);
      await second.close();
    });
  }
});
