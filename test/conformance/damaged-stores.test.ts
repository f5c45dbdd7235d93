import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { totalLoss } from '../../src/delivery/stats';
import { Delivery } from '../../src/delivery/delivery';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { History } from '../../src/sparkplug/history/history';
import { type HistoryRecord, writeHistoryRecord } from '../../src/sparkplug/history/history-record';
import { deliveryOf } from '../../src/sparkplug/history/history-stats';
import { memoryQueues } from '../../src/sparkplug/history/queue-place';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom, type Random } from '../../src/support/random';
import { sample } from '../../testkit/sparkplug/samples';
import { destinationOf } from '../../testkit/delivery/destinations';
import { temporaryFolder, removeFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

/** PM500_DAMAGES=150 for the long form. */
const ROUNDS = Number(process.env['PM500_DAMAGES'] ?? '20');
const COUNT = 600;
const LIMITS = { maximumBytes: 1e8 };
const LAST = 1_000_000;

const open = (folder: string): DiskOutbox =>
  openOutbox({ folder, limits: LIMITS, clock: systemClock, logger: silentLogger, segmentBytes: 3000 });

/** Does to a file of a folder what disks, people and programs do. @returns what that was */
function damage(folder: string, random: Random, isAlone: boolean): string {
  // Where the last file and the position are both gone, nothing is left that could tell how much there was.
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.seg') || (isAlone && name === 'position'))
    .sort();
  const name = names[Math.floor(random() * names.length)] ?? '';
  const path = join(folder, name);
  const bytes = readFileSync(path);
  const at = Math.floor(random() * bytes.length);
  const until = Math.min(bytes.length, at + Math.ceil(random() * 400));
  const kind = Math.floor(random() * 9);
  if (kind === 0) rmSync(path);
  else if (kind === 1) writeFileSync(path, '');
  else if (kind === 2) writeFileSync(path, bytes.subarray(0, at));
  else if (kind === 3) writeFileSync(path, bytes.fill(0));
  else if (kind === 4) writeFileSync(path, bytes.fill(0, at, until));
  else if (kind === 5) writeFileSync(path, Buffer.concat([bytes.subarray(0, at), bytes.subarray(until)]));
  else if (kind === 6) writeFileSync(path, Buffer.concat([bytes, bytes.subarray(at, until)]));
  else if (kind === 7) {
    if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    writeFileSync(path, bytes);
  } else writeFileSync(path, readFileSync(join(folder, names[0] ?? '')));
  return `${name}: kind ${kind} at ${at}`;
}

/** A sink that delivers from a store on disk what it finds, and tells numbers that arrived. */
interface Draining {
  readonly arrived: readonly number[];
  /** Everything that the sink counts as lost. */
  readonly lost: () => number;
  readonly hand: (number: number) => void;
  readonly close: () => Promise<unknown>;
}

const record = (number: number): string => `record ${number} ${'.'.repeat(number % 40)}`;

function onEngine(outbox: DiskOutbox): Draining {
  const arrived: number[] = [];
  const delivery = new Delivery(
    {
      batch: { records: 50, bytes: 5000, flushMs: 1 },
      retry: { initialMs: 1, maximumMs: 4, factor: 2, jitter: 0 },
      recheckMs: 4,
    },
    {
      outbox,
      destination: destinationOf((payloads) => {
        for (const payload of payloads) {
          const number = Number(payload.split(' ')[1]);
          assert.equal(payload, record(number), 'a record that was never given');
          arrived.push(number);
        }
        return { kind: 'written' };
      }),
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
    },
  );
  return {
    arrived,
    lost: () => totalLoss(delivery.stats),
    hand: (number) => void delivery.submit([record(number)], 'test'),
    close: () => delivery.close(),
  };
}

const valueOf = (number: number): number => number + 0.5;
const historyRecord = (number: number): HistoryRecord => ({
  deviceId: 'M',
  samples: [sample('a', valueOf(number), { at: number })],
});

function onHistory(outbox: DiskOutbox): Draining {
  const arrived: number[] = [];
  let isFlowing = false;
  const history = new History(
    { valuesPerSecond: 1_000_000, store: LIMITS, blindMs: 1000 },
    { outbox, queues: memoryQueues(systemClock) },
    {
      linkOf: () => ({ isBacklogged: false, confirm: () => Promise.resolve() }),
      isFlowing: () => isFlowing,
      isBorn: () => true,
      forward: ({ deviceId, samples }) => {
        for (const { name, value, timestamp } of samples) {
          assert.deepEqual([deviceId, name, value], ['M', 'a', valueOf(timestamp)], 'a value that was never given');
          arrived.push(timestamp);
        }
        return { state: 'sent', messages: 1, bytes: 20 };
      },
    },
    systemClock,
    silentLogger,
  );
  const hand = (number: number): void => {
    history.keep(historyRecord(number));
    isFlowing = number === LAST;
    history.wake();
  };
  return {
    arrived,
    lost: () => totalLoss(deliveryOf(history.stats, { phase: 'born' }, 0)),
    hand,
    close: () => history.close(),
  };
}

for (const [name, sinkOn, payloadOf] of [
  ['the engine of delivery', onEngine, record],
  ['store and forward of Sparkplug', onHistory, (number: number) => writeHistoryRecord(historyRecord(number))],
] as const) {
  describe(`a damaged store on disk under ${name}`, function () {
    this.timeout(30_000 + ROUNDS * 3000);

    /** A store with records of three lives. */
    async function fill(folder: string): Promise<void> {
      for (let life = 0; life < 3; life += 1) {
        const outbox = open(folder);
        const share = COUNT / 3;
        const numbers = Array.from({ length: share }, (_, at) => life * share + at);
        await Promise.all(
          numbers.map((number) => outbox.append([{ payload: payloadOf(number), acceptedAt: Date.now() }])),
        );
        await outbox.close();
      }
    }

    it(`delivers nothing that was never given, in order, and counts what is gone (${ROUNDS} times)`, async () => {
      const random = seededRandom(2026);
      let damagedRounds = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const folder = temporaryFolder('damaged');
        await fill(folder);
        const harms = 1 + Math.floor(random() * 2);
        const done = Array.from({ length: harms }, () => damage(folder, random, harms === 1)).join(', ');
        const outbox = open(folder);
        await outbox.ready();
        const sink = sinkOn(outbox);
        sink.hand(LAST);
        await waitFor(`the last record (${done})`, () => sink.arrived.includes(LAST), { everyMs: 2 });
        await waitFor(`an empty store (${done})`, () => outbox.stats().depth === 0, { everyMs: 2 });
        await sink.close();
        await outbox.close();
        const arrived = new Set(sink.arrived);
        const missing = COUNT + 1 - arrived.size;
        assert.deepEqual(
          sink.arrived,
          [...arrived].sort((left, right) => left - right),
          `${done}: order, none twice`,
        );
        assert.ok(sink.lost() >= missing, `${done}: ${missing} are missing, ${sink.lost()} counted`);
        if (missing > 0) damagedRounds += 1;
        removeFolder(folder);
      }
      assert.ok(damagedRounds > ROUNDS / 4, `only ${damagedRounds} rounds lost anything`);
    });
  });
}
