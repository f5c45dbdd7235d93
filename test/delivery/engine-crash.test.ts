import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { DeliveryEngine } from '../../src/delivery/engine';
import type { DeliverySettings } from '../../src/delivery/settings';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import type { OutboxFile, OutboxFiles } from '../../src/outbox/files';
import { POSITION_NAME } from '../../src/outbox/position-file';
import { silentLogger } from '../../src/support/logger';
import { seededRandom, type Random } from '../../src/support/random';
import { destinationOf } from '../../testkit/delivery/destinations';
import { VERDICTS } from '../../testkit/delivery/engine-bench';
import { MemoryFiles } from '../../testkit/delivery/memory-files';
import { FakeClock } from '../../testkit/fake-clock';

const LIVES = 12;
const BATCH = 5;
const TURN_MS = 20;

/** Files of which the position takes up to so many turns of the event loop to reach the disk. */
function slowPosition(files: OutboxFiles, random: Random): OutboxFiles {
  const slowly = (file: OutboxFile): OutboxFile => ({
    ...file,
    sync: async () => {
      for (let turns = random() * 100; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      return file.sync();
    },
  });
  const opened = async (name: string, file: Promise<OutboxFile>): Promise<OutboxFile> =>
    name === POSITION_NAME ? slowly(await file) : file;
  return {
    ...files,
    open: (name) => opened(name, files.open(name)),
    create: (name) => opened(name, files.create(name)),
  };
}

/** What the plant, the other side and the outbox know of the records, over all lives of the edge. */
class Plant {
  readonly files = new MemoryFiles();
  readonly accepted = new Set<number>();
  /** Of what was sent in this life, batch by batch. */
  sent: number[][] = [];
  readonly arrived = new Set<number>();
  /** Records that outboxes say they have dropped. */
  dropped = 0;
  private next = 0;

  /** @param maximumBytes what the outbox may hold at the least; the limit changes while it works */
  constructor(
    private readonly random: Random,
    private readonly maximumBytes = 1e9,
  ) {}

  /** One life, ended by the power, by a kill or by a deployment. */
  async live(settings: Pick<DeliverySettings, 'maximumInFlight' | 'order'>): Promise<'died' | 'closed'> {
    const { random, files } = this;
    const before = this.sent;
    this.sent = [];
    const clock = new FakeClock();
    files.fault = () => undefined;
    const outbox = openOutbox({
      folder: '/memory',
      limits: { maximumBytes: this.maximumBytes },
      clock,
      logger: silentLogger,
      segmentBytes: 300,
      files: slowPosition(files.process(), random),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
    const { died } = files;
    await outbox.ready();
    assert.equal(outbox.stats().damaged, 0, 'no file is missing');
    const engine = this.engineOf(outbox, clock, settings);
    let operationsLeft = 20 + random() * 250;
    const endsByPower = random() < 0.5;
    const isClosed = random() < 0.3;
    files.fault = () => {
      if (isClosed || operationsLeft-- > 0) return;
      if (endsByPower) files.losePower(random);
      else files.kill();
    };
    engine.start();
    const work = async (): Promise<'closed'> => {
      for (let turn = 0; turn < 40; turn += 1) {
        await this.append(outbox, engine);
        if (random() < 0.2) outbox.setLimits({ maximumBytes: this.maximumBytes * (1 + random()) });
        // An outage that is long enough for newest first.
        await clock.advance(random() < 0.05 ? 61_000 : random() * 2 * TURN_MS);
      }
      await Promise.all([engine.close(), clock.advance(1000)]);
      await outbox.close();
      return 'closed';
    };
    const end = await Promise.race([work(), died.then(() => 'died' as const)]);
    if (end === 'died') void engine.close();
    this.dropped += outbox.stats().dropped;
    this.checkResent(before, settings);
    return end;
  }

  /** Everything that was accepted has arrived, still waits, or was said to be dropped. */
  async check(): Promise<void> {
    this.files.fault = () => undefined;
    const outbox = openOutbox({
      folder: '/memory',
      limits: { maximumBytes: 1e9 },
      clock: new FakeClock(),
      logger: silentLogger,
      files: this.files.copy().process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
    const { records } = await outbox.peek({ maximumRecords: 1e6, maximumBytes: 1e9 });
    const waiting = new Set(records.map(({ payload }) => Number.parseInt(payload)));
    const missing = [...this.accepted].filter((number) => !this.arrived.has(number) && !waiting.has(number));
    assert.ok(missing.length <= this.dropped, `${missing.join()} are missing, ${this.dropped} were dropped`);
    assert.equal(outbox.stats().damaged, 0);
    await outbox.close();
  }

  private async append(outbox: DiskOutbox, engine: DeliveryEngine): Promise<void> {
    const numbers = Array.from({ length: 1 + Math.floor(this.random() * 15) }, () => this.next++);
    const records = numbers.map((number) => ({
      payload: `${number} ${'.'.repeat(this.random() * 40)}`,
      acceptedAt: 0,
    }));
    const { from } = await outbox.append(records);
    for (const number of numbers) this.accepted.add(number);
    engine.noteNewest(records, from);
  }

  private engineOf(
    outbox: DiskOutbox,
    clock: FakeClock,
    settings: Pick<DeliverySettings, 'maximumInFlight' | 'order'>,
  ): DeliveryEngine {
    const { random } = this;
    const deliver = async (payloads: readonly string[], signal: AbortSignal): Promise<Verdict> => {
      for (let turns = random() * 10; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted || random() < 0.15) return VERDICTS.away;
      const numbers = payloads.map((payload) => Number.parseInt(payload));
      this.sent.push(numbers);
      for (const number of numbers) this.arrived.add(number);
      return VERDICTS.written;
    };
    return new DeliveryEngine(
      {
        batch: { records: BATCH, bytes: 1e6, flushMs: TURN_MS },
        retry: { initialMs: 5, maximumMs: 10, factor: 2, jitter: 0 },
        recheckMs: 10,
        ...settings,
      },
      { outbox, destination: destinationOf(deliver), clock, random, logger: silentLogger, onRefused: () => undefined },
    );
  }

  /** No record is sent twice in a life, and of the life before only what its last two batches had. */
  private checkResent(
    before: readonly (readonly number[])[],
    { maximumInFlight = 1, order }: Pick<DeliverySettings, 'maximumInFlight' | 'order'>,
  ): void {
    const now = this.sent.flat();
    assert.deepEqual(now.length, new Set(now).size, `twice in one life: ${JSON.stringify(this.sent)}`);
    // What went before its turn is known to the outbox only when its turn came.
    if (order === 'newest') return;
    const last = before.flat().sort((left, right) => right - left);
    const early = new Set(last.slice(2 * maximumInFlight * BATCH));
    const again = now.filter((number) => early.has(number));
    assert.deepEqual(again, [], `again after two batches more: ${JSON.stringify(before)}`);
    // After failures a single one may be tried before its turn.
    const inTurn = this.sent.filter(({ length }) => length > 1).flat();
    if (maximumInFlight === 1)
      assert.deepEqual(
        inTurn,
        inTurn.toSorted((left, right) => left - right),
        'in order',
      );
  }
}

describe('delivery from a disk in a crash', () => {
  for (const [what, settings, maximumBytes] of [
    ['one batch at a time', {}, 1e9],
    ['three batches at a time', { maximumInFlight: 3 }, 1e9],
    ['the newest records first', { order: 'newest' }, 1e9],
    ['room for 500 bytes', {}, 500],
    ['room for 500 bytes, three batches at a time', { maximumInFlight: 3 }, 500],
  ] as const)
    for (let seed = 1; seed <= 2; seed += 1)
      it(`loses nothing, and sends again no more than two batches: ${what}, ${LIVES} lives (seed ${seed})`, async function () {
        this.timeout(60_000);
        const plant = new Plant(seededRandom(seed), maximumBytes);
        const ends = [];
        for (let life = 0; life < LIVES; life += 1) {
          ends.push(await plant.live(settings));
          await plant.check();
        }
        assert.deepEqual(new Set(ends), new Set(['died', 'closed']), 'lives end in both ways');
        assert.ok(plant.arrived.size > 100, 'the test has something to show');
        assert.equal(plant.dropped > 0, maximumBytes < 1e9, 'only a limit drops');
      });
});
