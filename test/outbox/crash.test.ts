import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { silentLogger } from '../../src/support/logger';
import { seededRandom, type Random } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles } from '../../testkit/delivery/memory-files';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };
const LIVES = 40;

/** What is known of each record, by its number: appended and acknowledged as the outbox itself has confirmed. */
interface Record {
  accepted: boolean;
  /** `asked` while the outbox has not confirmed that it will not give the record again. */
  taken: 'no' | 'asked' | 'yes';
}

/** Uses an outbox until its machine dies at a random moment; every confirmation is noted. */
class Life {
  constructor(
    private readonly records: Record[],
    private readonly outbox: DiskOutbox,
    private readonly random: Random,
  ) {}

  async appendAndTake(): Promise<void> {
    await Promise.all([this.append(), this.append(), this.take()]);
  }

  private async append(): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      const first = this.records.length;
      const count = 1 + Math.floor(this.random() * 4);
      for (let at = 0; at < count; at += 1) this.records.push({ accepted: false, taken: 'no' });
      const given = Array.from({ length: count }, (_, at) => ({
        payload: `${first + at} ${'.'.repeat(this.random() * 60)}`,
        acceptedAt: 0,
      }));
      await this.outbox.append(given);
      for (let at = 0; at < count; at += 1) this.records[first + at]!.accepted = true;
    }
  }

  private async take(): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      const batch = await this.outbox.peek({ maximumRecords: 1 + Math.floor(this.random() * 9), maximumBytes: 400 });
      const taken = batch.records.map(({ payload }) => this.records[Number.parseInt(payload)]!);
      for (const record of taken) record.taken = 'asked';
      await this.outbox.acknowledge(batch);
      for (const record of taken) record.taken = 'yes';
    }
  }
}

function open(files: MemoryFiles): DiskOutbox {
  return openOutbox({
    folder: '/memory',
    limits: { maximumBytes: 1e9 },
    clock: new FakeClock(),
    logger: silentLogger,
    segmentBytes: 400,
    files: files.process(),
    lock: () => Promise.resolve(() => Promise.resolve()),
  });
}

/** The numbers of all records that an outbox gives, in order. */
async function drain(outbox: DiskOutbox): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const batch = await outbox.peek(ALL);
    if (batch.records.length === 0) return numbers;
    numbers.push(...batch.records.map(({ payload }) => Number.parseInt(payload)));
    await outbox.acknowledge(batch);
  }
}

async function live(seed: number, powerLoss: boolean): Promise<void> {
  const random = seededRandom(seed);
  const files = new MemoryFiles();
  const records: Record[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    files.fault = () => undefined;
    check(records, await drain(open(files.copy())), `life ${life}`);
    const outbox = open(files);
    await outbox.ready();
    let operationsLeft = Math.floor(random() * 150);
    files.fault = () => {
      if (operationsLeft-- > 0) return;
      if (powerLoss) files.losePower(random);
      else files.kill();
    };
    await Promise.race([new Life(records, outbox, random).appendAndTake(), files.died]);
    if (powerLoss) files.losePower(random);
    else files.kill();
  }
  assert.ok(records.filter(({ taken }) => taken === 'yes').length > 100, 'the test has something to show');
}

function check(records: readonly Record[], found: readonly number[], when: string): void {
  const there = new Set(found);
  assert.deepEqual(
    found,
    [...there].sort((left, right) => left - right),
    `${when}: order, and nothing twice`,
  );
  records.forEach(({ accepted, taken }, number) => {
    if (accepted && taken === 'no') assert.ok(there.has(number), `${when}: ${number} is lost`);
    if (taken === 'yes') assert.ok(!there.has(number), `${when}: ${number} comes again after its acknowledgment`);
  });
}

describe('disk outbox in a crash', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    it(`loses and repeats nothing when its process is killed, ${LIVES} times (seed ${seed})`, async function () {
      this.timeout(60_000);
      await live(seed, false);
    });

    it(`loses and repeats nothing when the power goes, ${LIVES} times (seed ${seed})`, async function () {
      this.timeout(60_000);
      await live(seed + 100, true);
    });
  }
});
