import assert from 'node:assert/strict';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { LONGEST_FRAME_BYTES } from '../../src/simulator/ethernet-ip/encapsulation-target';
import { seededRandom, type Random } from '../../src/support/random';
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  HEADER_BYTES,
  HEADER_OFFSET,
} from '../../src/transport/ethernet-ip/wire/encapsulation';
import { FrameReassembler } from '../../src/transport/ethernet-ip/wire/reassembler';
import { cipRequest, cipResponseIn, registerFrame, unconnectedFrame } from '../../testkit/simulator/frames';
import { RawClient } from '../../testkit/simulator/raw-client';
import { createTarget, type TestTarget } from '../../testkit/simulator/test-target';
import { startOneMeter } from '../../testkit/simulator/one-meter';

const FRAMES = 120_000;
const SOCKET_FRAMES = 4_000;

const whole = (random: Random, below: number): number => Math.floor(random() * below);

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => whole(random, 256)));
}

/** A request as a client might send it, right more often than not. */
function plausibleFrame(random: Random, session: number): Buffer {
  const pick = <Item>(items: readonly Item[]): Item => items[whole(random, items.length)]!;
  switch (whole(random, 8)) {
    case 0:
      return registerFrame(whole(random, 3));
    case 1:
      return encodeFrame({
        command: pick(Object.values(COMMAND)),
        session,
        data: randomBytes(random, whole(random, 40)),
      });
    case 2:
      return encodeFrame({ command: pick([COMMAND.listIdentity, COMMAND.listServices, COMMAND.listInterfaces]) });
    case 3:
      return unconnectedFrame(session, randomBytes(random, whole(random, 30)));
    default:
      return unconnectedFrame(
        session,
        cipRequest(
          pick([0x01, 0x05, 0x0e, 0x0e, 0x0e, 0x10]),
          pick([1, 4, 4, 6]),
          pick([0, 1, 98, 101, 104, 107]),
          pick([3, 4, 9]),
        ),
      );
  }
}

/** Changes bytes, and sometimes the length, of a frame; the header's length field stays true when `framed`. */
function mutate(random: Random, frame: Buffer, framed: boolean): Buffer {
  let mutated = Buffer.from(frame);
  for (let change = whole(random, 4); change >= 0; change--) {
    const offset = whole(random, mutated.length);
    mutated[offset] = random() < 0.5 ? whole(random, 256) : (mutated[offset] ?? 0) ^ (1 << whole(random, 8));
  }
  if (random() < 0.3) {
    const data = mutated.subarray(HEADER_BYTES);
    const cut = data.subarray(0, whole(random, data.length + 1));
    mutated = Buffer.concat([mutated.subarray(0, HEADER_BYTES), cut, randomBytes(random, whole(random, 12))]);
  }
  if (framed) mutated.writeUInt16LE(mutated.length - HEADER_BYTES, HEADER_OFFSET.length);
  return mutated;
}

function fuzzFrame(random: Random, session: number): Buffer {
  const kind = random();
  if (kind < 0.35) return plausibleFrame(random, session);
  if (kind < 0.85) return mutate(random, plausibleFrame(random, session), true);
  const frame = randomBytes(random, HEADER_BYTES + whole(random, 60));
  frame.writeUInt16LE(frame.length - HEADER_BYTES, HEADER_OFFSET.length);
  return frame;
}

function assertStillRight(target: TestTarget, session: number): void {
  for (const { instance, sizeBytes } of ASSEMBLIES) {
    const { reply } = target.handle(unconnectedFrame(session, cipRequest(0x0e, 4, instance, 3)));
    assert.equal(cipResponseIn(decodeFrame(reply!)).data.length, sizeBytes);
  }
}

describe('simulated meter under garbage', () => {
  it(`answers ${FRAMES} generated frames with whole frames and is right afterward`, () => {
    const random = seededRandom(20_180_108);
    const target = createTarget();
    const { session } = decodeFrame(target.handle(registerFrame()).reply!);
    const statuses = new Map<number, number>();
    const cipStatuses = new Set<number>();
    let closes = 0;
    for (let count = 0; count < FRAMES; count++) {
      const frame = fuzzFrame(random, session);
      const { reply, close } = target.handle(frame);
      const datagram = target.handleDatagram(frame);
      if (datagram !== undefined) decodeFrame(datagram);
      if (close === true) closes++;
      if (reply === undefined) continue;
      const answer = decodeFrame(reply);
      assert.equal(answer.command, frame.readUInt16LE(0));
      assert.equal(answer.options, 0);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 0 && answer.command === COMMAND.sendRrData) {
        const response = cipResponseIn(answer);
        cipStatuses.add(response.generalStatus);
        if (response.generalStatus !== 0) assert.equal(response.data.length, 0);
      }
    }
    // Every kind of answer was reached, so the frames were neither all right nor all wrong.
    assert.deepEqual(
      [...statuses.keys()].sort((a, b) => a - b),
      [0, 1, 3, 0x64, 0x65],
    );
    for (const status of [0, 0x04, 0x05, 0x08, 0x10, 0x13, 0x14, 0x15]) assert.ok(cipStatuses.has(status), `${status}`);
    assert.ok(closes > 0);
    assertStillRight(target, session);
  }).timeout(60_000);

  it('never throws for a stream in random pieces', () => {
    const random = seededRandom(77);
    let frames = 0;
    for (let stream = 0; stream < 300; stream++) {
      const target = createTarget();
      const { session } = decodeFrame(target.handle(registerFrame()).reply!);
      const reassembler = new FrameReassembler({
        onFrame: (bytes) => {
          frames++;
          target.handle(bytes);
        },
        maximumFrameBytes: LONGEST_FRAME_BYTES,
        acceptsCommand: () => true,
      });
      const bytes = Buffer.concat(
        Array.from({ length: 20 }, () => {
          const frame = fuzzFrame(random, session);
          return random() < 0.1 ? mutate(random, frame, false) : frame;
        }),
      );
      for (let offset = 0; offset < bytes.length;) {
        const end = offset + 1 + whole(random, 60);
        reassembler.push(bytes.subarray(offset, end));
        offset = end;
      }
    }
    assert.ok(frames > 2_000, `${frames} frames`);
  });

  it(`survives ${SOCKET_FRAMES} generated frames over sockets and answers afterward`, async () => {
    const random = seededRandom(4242);
    const simulator = await startOneMeter();
    const { port } = simulator.meters[0]!;
    try {
      const bystander = await RawClient.open(port);
      const { session } = await bystander.ask(registerFrame());
      for (let sent = 0; sent < SOCKET_FRAMES;) {
        const client = await RawClient.open(port);
        const own = (await client.ask(registerFrame())).session;
        for (let count = 0; count < 100; count++, sent++) {
          const frame = fuzzFrame(random, own);
          const bytes = random() < 0.05 ? mutate(random, frame, false) : frame;
          const cut = whole(random, bytes.length);
          client.send(bytes.subarray(0, cut));
          client.send(bytes.subarray(cut));
        }
        const end = random();
        if (end < 0.4) client.socket.resetAndDestroy();
        else if (end < 0.8) client.socket.end();
        else client.socket.destroy();
        await client.closed;
        const answer = await bystander.ask(unconnectedFrame(session, cipRequest(0x0e, 4, 102, 3)));
        assert.equal(cipResponseIn(answer).data.length, 72);
      }
      assert.equal(simulator.meters[0]!.stats.acceptedConnections, 1 + SOCKET_FRAMES / 100);
      await bystander.close();
    } finally {
      await simulator.close();
    }
  }).timeout(60_000);
});
