import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { silentLogger } from '../../src/support/logger';
import { seededRandom, type Random } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles, systemError } from '../../testkit/delivery/memory-files';
import { plainRecord } from '../../testkit/delivery/plain-record';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };
const COUNT = 60;
const RECORDS: readonly OutboxRecord[] = Array.from({ length: COUNT }, (_, at) => ({
  payload: `#${at} ${'ä'.repeat(at % 7)}`,
  acceptedAt: at,
  ...(at % 3 === 0 ? {} : { origin: `n${at % 3}` }),
}));

function open(files: MemoryFiles, messages: string[] = []): DiskOutbox {
  return openOutbox({
    folder: '/memory',
    limits: { maximumBytes: 1e9 },
    clock: new FakeClock(),
    logger: { ...silentLogger, error: (message) => void messages.push(message) },
    segmentBytes: 500,
    files: files.process(),
    lock: () => Promise.resolve(() => Promise.resolve()),
  });
}

async function filled(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const outbox = open(files);
  for (const record of RECORDS) await outbox.append([record]);
  await outbox.close();
  return files;
}

async function drain(outbox: DiskOutbox): Promise<OutboxRecord[]> {
  const records: OutboxRecord[] = [];
  for (let batch = await outbox.peek(ALL); batch.records.length > 0; batch = await outbox.peek(ALL)) {
    assert.equal(batch.to - batch.from, batch.records.length, 'positions of a batch follow each other');
    records.push(...batch.records.map(plainRecord));
    await outbox.acknowledge(batch);
  }
  return records;
}

/** Does something bad to a file; returns what it was. */
function damage(files: MemoryFiles, random: Random): string {
  const names = [...files.names.keys()];
  const name = names[Math.floor(random() * names.length)] ?? '';
  const bytes = Buffer.from(files.get(name));
  const at = Math.floor(random() * bytes.length);
  const until = Math.min(bytes.length, at + Math.ceil(random() * 80));
  const kind = Math.floor(random() * 7);
  if (kind === 0) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
  else if (kind === 1) bytes.fill(0, at, until);
  else if (kind === 2)
    for (let place = at; place < until; place += 1) bytes.writeUInt8(Math.floor(random() * 256), place);
  else if (kind === 3) bytes.copy(bytes, Math.floor(random() * bytes.length), at, until);
  if (kind === 4) files.put(name, bytes.subarray(0, at));
  else if (kind === 5) files.put(name, Buffer.concat([bytes.subarray(0, at), bytes.subarray(until)]));
  else if (kind === 6) files.put(name, Buffer.concat([bytes, bytes.subarray(at, until)]));
  else files.put(name, bytes);
  return `kind ${kind} at ${at} of ${name}`;
}

describe('disk outbox with damaged files', () => {
  it('delivers all but the record that is damaged, counts it, and sets its bytes aside', async () => {
    for (let damaged = 0; damaged < COUNT - 8; damaged += 5) {
      const files = await filled();
      const text = Buffer.from(RECORDS[damaged]?.payload ?? '');
      const name = [...files.names.keys()].sort().find((each) => files.get(each).includes(text)) ?? '';
      const bytes = Buffer.from(files.get(name));
      bytes.writeUInt8(0x21, bytes.indexOf(text));
      files.put(name, bytes);
      const messages: string[] = [];
      const outbox = open(files, messages);
      assert.deepEqual(
        await drain(outbox),
        RECORDS.filter((_, at) => at !== damaged),
      );
      const { damaged: lost, depth, bytes: waiting, position } = outbox.stats();
      assert.deepEqual([lost, depth, waiting, position], [1, 0, 0, COUNT]);
      assert.match(messages.join(), /1 records lost: .* check the disk/);
      assert.ok(files.get(files.find('.damaged')).includes(text.subarray(1)));
      await outbox.close();
    }
  });

  it('delivers what lies behind blocks that cannot be read', async () => {
    const files = await filled();
    const name = [...files.names.keys()].sort()[1] ?? '';
    files.fault = (operation, each) => {
      if (operation === 'read' && each === name) throw systemError('EIO');
    };
    const outbox = open(files);
    const delivered = await drain(outbox);
    assert.ok(delivered.length < COUNT && delivered.length > COUNT / 2);
    assert.equal(outbox.stats().damaged, COUNT - delivered.length);
  });

  it('delivers the rest when a file was removed', async () => {
    const files = await filled();
    files.names.delete([...files.names.keys()].sort()[2] ?? '');
    const outbox = open(files);
    const delivered = await drain(outbox);
    assert.equal(outbox.stats().damaged, COUNT - delivered.length);
    assert.ok(delivered.length > COUNT / 2);
  });

  it('goes on taking and giving records, whatever was done to its files (500 times)', async function () {
    this.timeout(60_000);
    const random = seededRandom(11);
    const whole = await filled();
    const known = new Map(RECORDS.map((record) => [record.payload, record]));
    for (let round = 0; round < 500; round += 1) {
      const files = whole.copy();
      const done = Array.from({ length: 1 + Math.floor(random() * 3) }, () => damage(files, random)).join(', ');
      const outbox = open(files);
      await outbox.append([{ payload: 'last', acceptedAt: 0 }]);
      const delivered = await drain(outbox);
      assert.equal(delivered.pop()?.payload, 'last', done);
      for (const record of delivered) assert.deepEqual(record, known.get(record.payload), done);
      const numbers = delivered.map(({ acceptedAt }) => acceptedAt);
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((left, right) => left - right),
        `${done}: order`,
      );
      assert.deepEqual([outbox.stats().depth, outbox.stats().bytes], [0, 0], done);
      await outbox.close();
    }
  });
});
