import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOutbox } from '../../src/outbox/disk';
import {
  decodeHeader,
  decodeRecord,
  encodeEntry,
  encodeHeader,
  frameBytes,
  HEADER_BYTES,
  measure,
  parseFrame,
  parseSegmentName,
  segmentName,
  type SegmentHeader,
} from '../../src/outbox/disk-format';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles } from '../../testkit/delivery/memory-files';
import { plainBatch, plainRecord } from '../../testkit/delivery/plain-record';
import { ROOT } from '../../testkit/root';

interface Vector {
  readonly header: SegmentHeader;
  readonly records: readonly OutboxRecord[];
  readonly name: string;
  readonly segment: readonly string[];
  readonly position: { readonly found: number; readonly bytes: string };
}

const VECTOR = JSON.parse(readFileSync(join(ROOT, 'test/vectors/outbox/segment.json'), 'utf8')) as Vector;
const { sequence } = VECTOR.header;
const SEGMENT = Buffer.from(VECTOR.segment.join(''), 'hex');

describe('format of the outbox on disk', () => {
  it('encodes the vector', () => {
    assert.equal(encodeHeader(VECTOR.header).toString('hex'), VECTOR.segment[0]);
    VECTOR.records.forEach((record, index) => {
      const sized = measure(record, 0);
      const bytes = Buffer.alloc(frameBytes(sized));
      assert.equal(encodeEntry(bytes, 0, sized, sequence, index), bytes.length);
      assert.equal(bytes.toString('hex'), VECTOR.segment[index + 1]);
    });
    assert.equal(segmentName(VECTOR.header), VECTOR.name);
  });

  it('decodes the vector', () => {
    assert.deepEqual(decodeHeader(SEGMENT), VECTOR.header);
    let at = HEADER_BYTES;
    VECTOR.records.forEach((record, index) => {
      const frame = parseFrame(SEGMENT, at, SEGMENT.length, SEGMENT.length, sequence);
      assert.ok(typeof frame !== 'string');
      assert.deepEqual([frame.index, plainRecord(decodeRecord(SEGMENT, frame))], [index, record]);
      at = frame.end;
    });
    assert.equal(at, SEGMENT.length);
    assert.deepEqual(parseSegmentName(VECTOR.name), { sequence, base: VECTOR.header.base });
  });

  it('opens a folder made of the vector', async () => {
    const files = new MemoryFiles();
    files.put(VECTOR.name, SEGMENT);
    files.put('position', Buffer.from(VECTOR.position.bytes, 'hex'));
    const outbox = openOutbox({
      folder: '/memory',
      limits: { maximumBytes: 1e9 },
      clock: new FakeClock(0),
      logger: silentLogger,
      files: files.process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
    const from = VECTOR.header.base;
    assert.ok(VECTOR.position.found < from);
    const { records } = VECTOR;
    const batch = await outbox.peek({ maximumRecords: 9, maximumBytes: 999 });
    assert.deepEqual(plainBatch(batch), { records, from, to: from + 3 });
    await outbox.acknowledge({ from, to: from + 2 });
    await outbox.close();
    assert.equal(files.get('position').readBigUInt64LE(512 + 16), BigInt(from + 2), 'the older slot was written last');
  });

  it('refuses every header and frame with one bit changed', () => {
    const frame = Buffer.from(VECTOR.segment[1] ?? '', 'hex');
    for (let bit = 0; bit < HEADER_BYTES * 8; bit += 1) {
      assert.equal(decodeHeader(flip(SEGMENT, bit)), undefined, `bit ${bit} of the header`);
    }
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const found = parseFrame(flip(frame, bit), 0, frame.length, frame.length, sequence);
      assert.equal(found, 'invalid', `bit ${bit} of the frame`);
    }
  });

  it('takes no frame of another segment for its own', () => {
    const frame = Buffer.from(VECTOR.segment[1] ?? '', 'hex');
    assert.equal(parseFrame(frame, 0, frame.length, frame.length, sequence + 1), 'invalid');
  });

  it('tells a frame that is not all there from one that cannot be', () => {
    const frame = Buffer.from(VECTOR.segment[1] ?? '', 'hex');
    for (let length = 0; length < frame.length; length += 1) {
      assert.equal(parseFrame(frame, 0, length, frame.length, sequence), 'short');
      assert.equal(parseFrame(frame, 0, length, length, sequence), 'invalid');
    }
  });

  it('knows other files from segments', () => {
    for (const name of [
      'position',
      'segment-1-2.log',
      `${VECTOR.name}.12.damaged`,
      'segment-9999999999-0000000000000000.log',
    ]) {
      assert.equal(parseSegmentName(name), undefined, name);
    }
  });
});

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}
