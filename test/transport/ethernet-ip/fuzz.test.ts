import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Pm500Error } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom, type Random } from '../../../src/support/random';
import {
  decodeCipRequest,
  decodeCipResponse,
  encodeCipRequest,
  encodeCipResponse,
} from '../../../src/transport/ethernet-ip/wire/cip';
import { decodeCpf, decodeUnconnected, encodeUnconnected } from '../../../src/transport/ethernet-ip/wire/cpf';
import {
  COMMAND,
  decodeFrame,
  decodeRegisterSession,
  encodeFrame,
  HEADER_OFFSET,
} from '../../../src/transport/ethernet-ip/wire/encapsulation';
import { decodePath } from '../../../src/transport/ethernet-ip/wire/epath';
import { decodeConnected, encodeConnected } from '../../../src/transport/ethernet-ip/wire/connected-message';
import { decodeConnectionPath } from '../../../src/transport/ethernet-ip/wire/connection-path';
import { decodeCyclicFrame, encodeCyclicFrame } from '../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { decodeForwardClose, encodeForwardClose } from '../../../src/transport/ethernet-ip/wire/forward-close';
import {
  decodeForwardOpen,
  decodeForwardOpenReply,
  encodeForwardOpen,
  encodeForwardOpenReply,
} from '../../../src/transport/ethernet-ip/wire/forward-open';
import { createExplicitTransport } from '../../../src/transport/ethernet-ip/explicit/explicit';
import {
  decodeIdentity,
  decodeListIdentityReply,
  encodeIdentity,
  encodeListIdentityReply,
} from '../../../src/transport/ethernet-ip/wire/identity-object';
import { FrameReassembler } from '../../../src/transport/ethernet-ip/wire/reassembler';
import { decodeReply, locateReplyData } from '../../../src/transport/ethernet-ip/wire/reply';
import type { SocketLike } from '../../../src/transport/ethernet-ip/session/socket';
import { decodeSocketAddress } from '../../../src/transport/ethernet-ip/wire/socket-address';
import { VOLTAGES } from '../../../testkit/meters/explicit-bench';
import { FakeClock } from '../../../testkit/fake-clock';
import { PEER_IDENTITY } from '../../../testkit/links/scripted-peer';
import { connectionPointsOf } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import { PM500 } from '../../../src/meters/pm500';

const SEED = 500_044_818;
const PARSER_INPUTS = 100_000;
const STREAM_INPUTS = 20_000;
const CLIENT_REPLIES = 10_000;

const request = encodeCipRequest(0x0e, { classId: 4, instanceId: 101, attributeId: 3 });
const response = encodeCipResponse({ service: 0x0e, data: Buffer.alloc(48, 1) });
const identity = encodeIdentity(PEER_IDENTITY);
const socketAddress = { address: '192.0.2.1', port: 44_818 };
const listIdentity = encodeListIdentityReply({ protocolVersion: 1, socketAddress, identity: PEER_IDENTITY, state: 3 });

const ids = { connectionSerial: 1, vendorId: 2, originatorSerial: 3 };
const connection = {
  kind: 'input-only',
  instance: 101,
  sizeBytes: 48,
  delivery: 'multicast',
  ...connectionPointsOf(PM500, 'input-only'),
} as const;
const forwardOpen = { ...ids, targetToOriginatorId: 4, rpiMicroseconds: 100_000, timeoutMultiplierCode: 1, connection };
const openReply = {
  ...ids,
  originatorToTargetId: 5,
  targetToOriginatorId: 4,
  originatorToTargetMicroseconds: 100_000,
  targetToOriginatorMicroseconds: 100_000,
};

/** Well-formed inputs to start mutations from. */
const SAMPLES: readonly Buffer[] = [
  request,
  response,
  encodeCipResponse({ service: 0x0e, generalStatus: 1, extendedStatus: [0x100, 2] }),
  encodeCipResponse({ service: 1, data: identity }),
  identity,
  listIdentity,
  encodeUnconnected(request),
  encodeUnconnected(response, [{ type: 0x8000, data: Buffer.alloc(16) }]),
  encodeFrame({ command: COMMAND.registerSession, data: Buffer.from([1, 0, 0, 0]) }),
  encodeFrame({ command: COMMAND.sendRrData, session: 7, data: encodeUnconnected(response) }),
  encodeFrame({ command: COMMAND.listIdentity, data: listIdentity }),
  encodeForwardOpen(forwardOpen),
  encodeForwardOpen(forwardOpen).subarray(36),
  encodeForwardOpenReply(openReply),
  encodeForwardClose({ ...ids, connection }),
  encodeConnected({ connectionId: 5, sequence: 6, message: response }),
  encodeFrame({
    command: COMMAND.sendUnitData,
    session: 7,
    data: encodeConnected({ connectionId: 5, sequence: 6, message: response }),
  }),
  encodeCyclicFrame({ connectionId: 4, sequence: 8, count: 9, data: Buffer.alloc(48, 1) }),
];

/** Every parser that bytes of a network reach. */
const PARSERS: readonly ((bytes: Buffer) => unknown)[] = [
  decodeFrame,
  decodeRegisterSession,
  decodeCpf,
  decodeUnconnected,
  decodeSocketAddress,
  decodePath,
  decodeCipRequest,
  decodeCipResponse,
  decodeIdentity,
  decodeListIdentityReply,
  decodeForwardOpen,
  decodeForwardOpenReply,
  decodeForwardClose,
  decodeConnectionPath,
  decodeConnected,
  decodeCyclicFrame,
  (bytes) => locateReplyData(bytes, 0x0e),
  (bytes) => decodeReply(bytes, 0x0e, () => 'Reading'),
];

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

function randomBytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => below(random, 256)));
}

/** One to four changes: a byte, a length, a cut, an insertion, an edge value where a number stands. */
function mutate(random: Random, sample: Buffer): Buffer {
  let bytes = Buffer.from(sample);
  for (let changes = 1 + below(random, 4); changes > 0; changes--) {
    const at = below(random, bytes.length);
    const kind = below(random, 5);
    if (kind === 0 && at < bytes.length) bytes[at] = below(random, 256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), randomBytes(random, 1 + below(random, 9)), bytes.subarray(at)]);
    else if (kind === 3 && at < bytes.length) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(random, 5)]!;
    else if (at + 2 <= bytes.length) bytes.writeUInt16LE([0, 1, 0xffff, 0x8000, bytes.length][below(random, 5)]!, at);
  }
  return bytes;
}

function nextInput(random: Random): Buffer {
  if (random() < 0.15) return randomBytes(random, below(random, 90));
  return mutate(random, SAMPLES[below(random, SAMPLES.length)]!);
}

/** A socket in memory whose other side a test plays. */
class LoopSocket extends EventEmitter implements SocketLike {
  destroyed = false;
  constructor(readonly onWrite: (bytes: Uint8Array) => void) {
    super();
  }
  write(bytes: Uint8Array): void {
    this.onWrite(bytes);
  }
  end(): void {
    this.destroy();
  }
  destroy(): void {
    this.destroyed = true;
    queueMicrotask(() => this.emit('close'));
  }
  setNoDelay(): void {
    // Nothing to delay in memory.
  }
}

describe('EtherNet/IP under malformed input', function () {
  this.timeout(60_000);

  it(`every parser gives a result or a coded error for ${PARSER_INPUTS} inputs`, () => {
    const random = seededRandom(SEED);
    let accepted = 0;
    let refused = 0;
    for (let index = 0; index < PARSER_INPUTS; index++) {
      const bytes = nextInput(random);
      const parse = PARSERS[index % PARSERS.length]!;
      try {
        parse(bytes);
        accepted++;
      } catch (thrown) {
        const story = `seed ${SEED}, input ${index}: ${bytes.toString('hex')} gave ${String(thrown)}`;
        assert.ok(thrown instanceof Pm500Error && thrown.code !== 'INTERNAL', story);
        refused++;
      }
    }
    assert.ok(accepted > PARSER_INPUTS / 50 && refused > PARSER_INPUTS / 2, `${accepted} accepted, ${refused} refused`);
  });

  it(`the reassembler delivers whole frames or gives up, for ${STREAM_INPUTS} streams`, () => {
    const random = seededRandom(SEED + 1);
    let frames = 0;
    let broken = 0;
    for (let index = 0; index < STREAM_INPUTS; index++) {
      const reassembler = new FrameReassembler({
        onFrame: (frame) => {
          frames++;
          assert.equal(decodeFrame(frame).data.length, frame.length - 24, `seed ${SEED + 1}, stream ${index}`);
        },
      });
      for (let chunks = 1 + below(random, 4); chunks > 0; chunks--) {
        const error = reassembler.push(nextInput(random));
        if (error === undefined) continue;
        assert.equal(error.code, 'ENIP_FRAME_INVALID', `seed ${SEED + 1}, stream ${index}`);
        broken++;
        break;
      }
    }
    assert.ok(frames > 500 && broken > STREAM_INPUTS / 4, `${frames} frames, ${broken} streams given up`);
  });

  it(`a client answers ${CLIENT_REPLIES} doubtful replies with data or a coded error, and is usable again`, async () => {
    const random = seededRandom(SEED + 2);
    const outcomes = new Map<string, number>();
    let deliver: (chunk: Buffer) => void = () => undefined;
    let hangUp: () => void = () => undefined;
    const reply = (written: Uint8Array): void => {
      const frame = Buffer.from(written);
      const command = frame.readUInt16LE(HEADER_OFFSET.command);
      if (command === COMMAND.registerSession) frame.writeUInt32LE(7, HEADER_OFFSET.session);
      const { session, context } = decodeFrame(frame);
      const answer =
        command === COMMAND.sendRrData
          ? mutate(random, encodeFrame({ command, session, context, data: encodeUnconnected(response) }))
          : frame;
      const cut = below(random, answer.length + 1);
      queueMicrotask(() => {
        if (cut > 0) deliver(answer.subarray(0, cut));
        if (cut < answer.length) deliver(answer.subarray(cut));
        // A reply that was cut short is never finished: the peer hangs up.
        if (command === COMMAND.sendRrData) hangUp();
      });
    };
    const transport = createExplicitTransport(
      { host: '192.0.2.1', port: 1, connectTimeoutMs: 1000, replyTimeoutMs: 1000, verifySize: false },
      {
        clock: new FakeClock(),
        logger: silentLogger,
        connect: (_host, _port, onBytes) => {
          const socket = new LoopSocket(reply);
          deliver = onBytes;
          hangUp = () => socket.emit('end');
          queueMicrotask(() => socket.emit('connect'));
          return socket;
        },
      },
    );
    for (let index = 0; index < CLIENT_REPLIES; index++) {
      await transport.open();
      try {
        assert.equal((await transport.read(VOLTAGES)).length, VOLTAGES.sizeBytes);
        outcomes.set('data', (outcomes.get('data') ?? 0) + 1);
      } catch (thrown) {
        const story = `seed ${SEED + 2}, reply ${index} gave ${String(thrown)}`;
        assert.ok(thrown instanceof Pm500Error && thrown.code !== 'INTERNAL', story);
        outcomes.set(thrown.code, (outcomes.get(thrown.code) ?? 0) + 1);
      }
    }
    for (const code of ['data', 'ENIP_FRAME_INVALID', 'ENIP_REPLY_MISMATCH', 'CIP_STATUS', 'METER_SIZE_MISMATCH']) {
      assert.ok((outcomes.get(code) ?? 0) > 0, `${code} among ${JSON.stringify([...outcomes])}`);
    }
    await transport.close();
  });
});
