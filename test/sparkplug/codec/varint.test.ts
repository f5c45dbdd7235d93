import assert from 'node:assert/strict';
import { Reader, Writer } from 'protobufjs/minimal';
import { readBigInt, readSafeInteger, writeBigInt, writeSafeInteger } from '../../../src/sparkplug/codec/varint';
import { seededRandom } from '../../../src/support/random';

function reference(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function bytesOf(write: (writer: Writer) => void): Uint8Array {
  const writer = Writer.create();
  write(writer);
  return Uint8Array.from(writer.finish());
}

describe('varint', () => {
  const edges: bigint[] = [0n, 1n, 127n, 128n, (1n << 64n) - 1n, 1n << 63n];
  for (let bit = 7n; bit < 64n; bit++) edges.push((1n << bit) - 1n, 1n << bit, (1n << bit) + 1n);

  it('writes and reads every edge of 64 bits', () => {
    for (const value of edges) {
      const bytes = bytesOf((writer) => {
        writeBigInt(writer, value);
      });
      assert.deepEqual(bytes, reference(value), value.toString());
      assert.equal(readBigInt(Reader.create(bytes), bytes.length), value);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) continue;
      const safe = bytesOf((writer) => {
        writeSafeInteger(writer, Number(value));
      });
      assert.deepEqual(safe, reference(value), value.toString());
      assert.equal(readSafeInteger(Reader.create(safe), safe.length), Number(value));
    }
  });

  it('writes negative numbers in two’s complement of 64 bits', () => {
    for (const value of [-1n, -2n, -(1n << 31n), -(1n << 63n)]) {
      assert.deepEqual(
        bytesOf((writer) => {
          writeBigInt(writer, value);
        }),
        reference(value),
      );
    }
  });

  it('agrees with a plain implementation on random numbers', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 2000; round++) {
      const value = BigInt(Math.floor(random() * 2 ** 32)) << BigInt(Math.floor(random() * 33));
      const bytes = bytesOf((writer) => {
        writeBigInt(writer, value);
      });
      assert.deepEqual(bytes, reference(value));
      assert.equal(readBigInt(Reader.create(bytes), bytes.length), value);
    }
  });

  it('refuses numbers that are cut off, too long or too large', () => {
    assert.throws(() => readBigInt(Reader.create(Uint8Array.of(0x80, 0x80)), 2), /cut off/);
    assert.throws(() => readBigInt(Reader.create(Uint8Array.of(0x80, 0x01)), 1), /cut off/);
    const long = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
    assert.throws(() => readBigInt(Reader.create(long), long.length), /64 bits/);
    const large = reference(1n << 53n);
    assert.throws(() => readSafeInteger(Reader.create(large), large.length), /too large/);
  });
});
