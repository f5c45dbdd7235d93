import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { acceptedAgain } from '../../src/outbox/outbox';
import { joinPayloads, payloadBytes } from '../../src/outbox/stored-record';
import { silentLogger } from '../../src/support/logger';
import { MemoryFiles } from '../../testkit/delivery/memory-files';
import { FakeClock } from '../../testkit/fake-clock';

const TEXTS = ['a f=1 1', 'ß,t=Ω f="☃ 😀" 2', '', 'c f=3 3', 'lone \ud800 surrogate', 'é'];
const ALL = { maximumRecords: 1000, maximumBytes: 1_000_000 };

function open(files: MemoryFiles): DiskOutbox {
  return openOutbox({
    folder: '/memory',
    limits: { maximumBytes: 1e9 },
    clock: new FakeClock(),
    logger: silentLogger,
    files: files.process(),
    lock: () => Promise.resolve(() => Promise.resolve()),
  });
}

describe('records as bytes', () => {
  const given = TEXTS.map((payload) => ({ payload, acceptedAt: 1 }));
  const expected = Buffer.from(TEXTS.join('\n'), 'utf8');

  it('are joined as their texts would be, whether they are texts or come from the disk', async () => {
    const files = new MemoryFiles();
    const outbox = open(files);
    await outbox.append(given);
    const kept = (await outbox.peek(ALL)).records;
    await outbox.close();
    const again = open(files);
    const read = (await again.peek(ALL)).records;
    await again.close();
    for (const records of [given, kept, read, [...given.slice(0, 2), ...read.slice(2)]]) {
      assert.deepEqual(joinPayloads(records), expected);
      assert.deepEqual(
        records.map(payloadBytes),
        TEXTS.map((text) => Buffer.byteLength(text)),
      );
    }
    assert.deepEqual(joinPayloads([]), Buffer.alloc(0));
  });

  it('keep what they say when more is written and read', async () => {
    const outbox = open(new MemoryFiles());
    await outbox.append(given);
    const { records } = await outbox.peek(ALL);
    for (let more = 0; more < 20; more += 1) await outbox.append([{ payload: 'x'.repeat(5000), acceptedAt: 2 }]);
    await outbox.peek(ALL);
    assert.deepEqual(joinPayloads(records), expected);
    await outbox.close();
  });

  it('keep payload and origin on their way into another outbox, with another time', async () => {
    const from = open(new MemoryFiles());
    await from.append([
      { payload: 'whole', acceptedAt: 1, origin: 'node' },
      { payload: 'alone', acceptedAt: 1 },
    ]);
    const { records } = await from.peek(ALL);
    const to = open(new MemoryFiles());
    await to.append(records.map((record) => acceptedAgain(record, 2)));
    const arrived = (await to.peek(ALL)).records.map(({ payload, acceptedAt, origin }) => [
      payload,
      acceptedAt,
      origin,
    ]);
    assert.deepEqual(arrived, [
      ['whole', 2, 'node'],
      ['alone', 2, undefined],
    ]);
    await from.close();
    await to.close();
  });
});
