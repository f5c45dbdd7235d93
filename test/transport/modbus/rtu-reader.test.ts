import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/support/random';
import { crc16, withCrc } from '../../../src/transport/modbus/crc';
import { EchoedRequest, RtuReader } from '../../../src/transport/modbus/rtu-reader';

const UNIT = 7;
const ADDRESS = 0x4000;
const WORDS = 2;
const REPLY = withCrc(Uint8Array.of(UNIT, 4, 4, 1, 2, 3, 4));
const DATA = [1, 2, 3, 4];
const OTHER_UNIT = withCrc(Uint8Array.of(5, 4, 6, 9, 9, 9, 9, 9, 9));
const OTHER_REFUSAL = withCrc(Uint8Array.of(5, 0x84, 2));

/** Asks for two registers, and gives what the line then says; `waiting` while nothing came of it. */
async function outcomeOf(chunks: readonly Uint8Array[], dropsEcho = false): Promise<unknown> {
  let request: Buffer = Buffer.alloc(0);
  const reader = new RtuReader(UNIT, dropsEcho, (frame) => (request = frame));
  let outcome: unknown = 'waiting';
  reader.readInputRegisters(ADDRESS, WORDS).then(
    ({ buffer }) => (outcome = [...buffer]),
    (thrown: unknown) => (outcome = thrown),
  );
  assert.deepEqual([...request.subarray(0, 6)], [UNIT, 4, 0x40, 0, 0, WORDS]);
  assert.equal(crc16(request), 0);
  for (const chunk of chunks) reader.push(chunk);
  await new Promise((resolve) => setImmediate(resolve));
  return outcome;
}

const NOISE = Uint8Array.of(0, 0xff);
const REQUEST = withCrc(Uint8Array.of(UNIT, 4, 0x40, 0, 0, WORDS));
const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);
const byteByByte = (bytes: Uint8Array): readonly Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));
const messageOf = (outcome: unknown): string => (outcome instanceof Error ? outcome.message : String(outcome));

describe('RtuReader', () => {
  it('takes a reply whole or in pieces', async () => {
    assert.deepEqual(await outcomeOf([REPLY]), DATA);
    assert.deepEqual(await outcomeOf(byteByByte(REPLY)), DATA);
    assert.deepEqual(await outcomeOf([REPLY.subarray(0, 4), REPLY.subarray(4)]), DATA);
  });

  it('passes over whole frames of other units that answer late', async () => {
    assert.deepEqual(await outcomeOf([OTHER_UNIT, REPLY]), DATA);
    assert.deepEqual(await outcomeOf([join(OTHER_REFUSAL, OTHER_UNIT, REPLY)]), DATA);
    assert.deepEqual(await outcomeOf(byteByByte(join(OTHER_UNIT, REPLY))), DATA);
    assert.equal(await outcomeOf([OTHER_UNIT]), 'waiting');
  });

  it('gives an exception with its code', async () => {
    const outcome = await outcomeOf([withCrc(Uint8Array.of(UNIT, 0x84, 11))]);
    assert.equal((outcome as { modbusCode?: number }).modbusCode, 11);
  });

  const refused: readonly (readonly [what: string, chunks: readonly Uint8Array[], reason: RegExp])[] = [
    ['a wrong CRC', [Uint8Array.of(UNIT, 4, 4, 1, 2, 3, 4, 0, 0)], /wrong CRC/],
    ['another count', [withCrc(Uint8Array.of(UNIT, 4, 6, 1, 2, 3, 4, 5, 6))], /count of bytes is 6/],
    ['a byte behind it', [join(REPLY, Uint8Array.of(1))], /10 bytes instead of 9/],
    ['a reply that comes twice', [join(REPLY, REPLY)], /18 bytes instead of 9/],
    ['noise before it', [join(Uint8Array.of(0, 0x12), REPLY)], /1 bytes before the reply/],
    ['much of what is only noise', [join(new Uint8Array(20), REPLY)], /12 bytes before the reply/],
    ['much of it behind', [join(REPLY, new Uint8Array(9))], /18 bytes instead of 9/],
    [
      'a reply with noise in it',
      [join(REPLY.subarray(0, 4), Uint8Array.of(0), REPLY.subarray(4))],
      /10 bytes instead of 9/,
    ],
    ['an exception with a wrong CRC', [Uint8Array.of(UNIT, 0x84, 2, 0, 0)], /wrong CRC/],
    ['a flood', [new Uint8Array(1100).fill(0xaa)], /more than 1024 bytes/],
  ];
  for (const [what, chunks, reason] of refused) {
    it(`refuses ${what}`, async () => {
      assert.match(messageOf(await outcomeOf(chunks)), reason);
    });
  }

  it('passes over the few bytes that an adapter makes of a change of direction', async () => {
    const refusal = withCrc(Uint8Array.of(UNIT, 0x84, 2));
    for (const noise of [[0], [0xff], [0, 0, 0], [0, 0xff, 0xff, 0]].map((bytes) => Uint8Array.from(bytes))) {
      const around = join(noise, REPLY, noise);
      for (const chunks of [[around], byteByByte(around), [noise, REPLY], [join(noise, OTHER_UNIT, noise, REPLY)]]) {
        assert.deepEqual(await outcomeOf(chunks), DATA, join(...chunks).toString('hex'));
      }
      assert.equal(((await outcomeOf([join(noise, refusal, noise)])) as { modbusCode?: number }).modbusCode, 2);
      assert.ok((await outcomeOf([join(noise, REQUEST, noise, REPLY)])) instanceof EchoedRequest);
      assert.deepEqual(await outcomeOf([join(noise, REQUEST, noise, REPLY)], true), DATA);
      assert.equal(await outcomeOf([noise]), 'waiting');
    }
  });

  it('knows an echo, however it comes, and drops it only where it is told to', async () => {
    for (const chunks of [[REQUEST], [join(REQUEST, REPLY)], byteByByte(join(REQUEST, REPLY))]) {
      assert.ok((await outcomeOf(chunks)) instanceof EchoedRequest);
    }
    for (const chunks of [[REQUEST, REPLY], [join(REQUEST, REPLY)], byteByByte(join(REQUEST, REPLY)), [REPLY]]) {
      assert.deepEqual(await outcomeOf(chunks, true), DATA);
    }
    assert.equal(await outcomeOf([REQUEST], true), 'waiting');
    assert.ok((await outcomeOf([REQUEST, REQUEST, REPLY], true)) instanceof EchoedRequest, 'an echo comes once');
  });

  it('never takes anything but exactly the reply, whatever comes in whatever pieces', async () => {
    const random = seededRandom(11);
    const pick = (count: number): number => Math.floor(random() * count);
    const parts = [REPLY, REQUEST, OTHER_UNIT, OTHER_REFUSAL, withCrc(Uint8Array.of(UNIT, 3, 4, 9, 9, 9, 9)), NOISE];
    let taken = 0;
    for (let round = 0; round < 4000; round++) {
      const dropsEcho = random() < 0.5;
      const chosen = Array.from({ length: 1 + pick(3) }, () => Buffer.from(parts[pick(parts.length)]!));
      if (random() < 0.5) chosen[pick(chosen.length)]![pick(5)]! ^= 1 << pick(8);
      const bytes = join(...chosen);
      const cut = pick(bytes.length);
      const outcome = await outcomeOf([bytes.subarray(0, cut), bytes.subarray(cut)], dropsEcho);
      if (!Array.isArray(outcome)) continue;
      taken++;
      assert.deepEqual(outcome, DATA, `round ${round}: ${bytes.toString('hex')}`);
    }
    assert.ok(taken > 200, `${taken} replies were taken`);
  });
});
