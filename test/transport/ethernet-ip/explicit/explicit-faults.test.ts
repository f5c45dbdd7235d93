import assert from 'node:assert/strict';
import { hasCode, type ErrorCode } from '../../../../src/support/errors';
import { encodeCipResponse, SERVICE } from '../../../../src/transport/ethernet-ip/wire/cip';
import { encodeUnconnected } from '../../../../src/transport/ethernet-ip/wire/cpf';
import {
  COMMAND,
  encodeFrame,
  HEADER_OFFSET,
  type EncapsulationFrame,
} from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { rejectsWith } from '../../../../testkit/expect-error';
import {
  ExplicitBench,
  REPLY_TIMEOUT_MS,
  STATES,
  VOLTAGES,
  withHeader,
} from '../../../../testkit/meters/explicit-bench';
import type { Fault } from '../../../../testkit/links/scripted-peer';

const { sendRrData } = COMMAND;

/** A reply to the request that carries these bytes as its CIP response. */
function cipReply(frame: EncapsulationFrame, response: Uint8Array): Buffer {
  const { command, session, context } = frame;
  return encodeFrame({ command, session, context, data: encodeUnconnected(response) });
}

const NOP = encodeFrame({ command: COMMAND.nop });

describe('explicit transport: faults on the wire', () => {
  let bench: ExplicitBench;
  beforeEach(async () => {
    bench = await new ExplicitBench().start({ verifySize: false });
  });
  afterEach(() => bench.stop());

  /** After such a fault the read fails with `code`, the connection is gone, and the next one works. */
  async function losesConnection(act: Fault, code: ErrorCode): Promise<void> {
    await bench.transport.open();
    const done = bench.once(act, sendRrData);
    const queued = bench.transport.read.bind(bench.transport, STATES);
    const [outcome, next] = await Promise.all([
      rejectsWith(bench.transport.read(VOLTAGES), code),
      rejectsWith(queued(), 'ENIP_CONNECTION_LOST'),
      done,
    ]);
    assert.match(outcome.message, /127\.0\.0\.1:\d+/);
    assert.equal(outcome.retryable, true);
    assert.equal(next.retryable, true);
    assert.equal(bench.transport.state, 'closed');
    assert.equal(bench.changes.at(-1)?.error?.code, code);
    await bench.transport.open();
    assert.equal((await bench.transport.read(STATES))[2], 2);
  }

  describe('that are no fault', () => {
    it('puts a reply together that arrives byte by byte', async () => {
      await bench.transport.open();
      const done = bench.once(({ reply, socket }) => {
        let sent = 0;
        const next = (): void => {
          if (sent < reply.length) socket.write(reply.subarray(sent, ++sent), () => setImmediate(next));
        };
        next();
      }, sendRrData);
      const bytes = await bench.transport.read(VOLTAGES);
      await done;
      assert.deepEqual(Buffer.from(bytes), Buffer.from(bench.peer.assemblies.get(101)!));
    });

    it('takes a reply out of a segment that holds other frames too', async () => {
      await bench.transport.open();
      void bench.once(({ reply, socket }) => socket.write(Buffer.concat([NOP, NOP, reply, NOP])), sendRrData);
      assert.equal((await bench.transport.read(VOLTAGES)).length, 48);
      assert.equal((await bench.transport.read(STATES)).length, 4);
      assert.equal(bench.transport.state, 'open');
    });

    it('reads a reply whose CPF items stand in an unusual way', async () => {
      await bench.transport.open();
      void bench.once(({ frame, socket }) => {
        const response = encodeCipResponse({ service: SERVICE.getAttributeSingle, data: Buffer.alloc(48, 7) });
        const more = [{ type: 0x8001, data: Buffer.alloc(16) }];
        const { command, session, context } = frame;
        socket.write(encodeFrame({ command, session, context, data: encodeUnconnected(response, more) }));
      }, sendRrData);
      assert.equal((await bench.transport.read(VOLTAGES))[47], 7);
    });
  });

  describe('of a reply that belongs to something else', () => {
    it('refuses another session', () =>
      losesConnection(
        withHeader((reply) => reply.writeUInt32LE(99, HEADER_OFFSET.session)),
        'ENIP_REPLY_MISMATCH',
      ));

    it('refuses another sender context, in either half', async () => {
      await losesConnection(
        withHeader((reply) => reply.writeUInt32LE(0xffff, HEADER_OFFSET.context)),
        'ENIP_REPLY_MISMATCH',
      );
      await losesConnection(
        withHeader((reply) => reply.writeUInt32LE(1, HEADER_OFFSET.context + 4)),
        'ENIP_REPLY_MISMATCH',
      );
    });

    it('refuses another command', () =>
      losesConnection(
        withHeader((reply) => reply.writeUInt16LE(COMMAND.listIdentity, HEADER_OFFSET.command)),
        'ENIP_REPLY_MISMATCH',
      ));

    it('refuses another CIP service', () =>
      losesConnection(({ frame, socket }) => {
        const response = encodeCipResponse({ service: SERVICE.getAttributesAll, data: Buffer.alloc(48) });
        socket.write(cipReply(frame, response));
      }, 'ENIP_REPLY_MISMATCH'));

    it('refuses a second reply to the same request', async () => {
      await bench.transport.open();
      const closed = bench.closed();
      void bench.once(({ reply, socket }) => socket.write(Buffer.concat([reply, reply])), sendRrData);
      assert.equal((await bench.transport.read(VOLTAGES)).length, 48);
      assert.equal((await closed).error?.code, 'ENIP_REPLY_MISMATCH');
    });

    it('refuses a reply that nothing asked for', async () => {
      await bench.transport.open();
      const closed = bench.closed();
      for (const socket of bench.peer.sockets) socket.write(encodeFrame({ command: sendRrData }));
      assert.equal((await closed).error?.code, 'ENIP_REPLY_MISMATCH');
    });

    it('never takes the late reply of an earlier connection', async () => {
      await bench.transport.open();
      let late: Buffer = Buffer.alloc(0);
      const asked = bench.once(({ reply }) => {
        late = reply;
      }, sendRrData);
      const outcome = rejectsWith(bench.transport.read(VOLTAGES), 'ENIP_REPLY_TIMEOUT');
      await asked;
      await bench.clock.advance(REPLY_TIMEOUT_MS);
      await outcome;
      await bench.transport.open();
      void bench.once(({ socket }) => socket.write(late), sendRrData);
      await rejectsWith(bench.transport.read(VOLTAGES), 'ENIP_REPLY_MISMATCH');
    });
  });

  describe('of a reply that is malformed', () => {
    it('refuses an item that ends after the frame', () =>
      losesConnection(
        withHeader((reply) => reply.writeUInt16LE(500, 38)),
        'ENIP_FRAME_INVALID',
      ));

    it('refuses bytes that no item owns', () =>
      losesConnection(
        withHeader((reply) => reply.writeUInt16LE(10, 38)),
        'ENIP_FRAME_INVALID',
      ));

    it('refuses a reply without data', () =>
      losesConnection(
        ({ frame, socket }) => socket.write(encodeFrame({ ...frame, data: Buffer.alloc(0) })),
        'ENIP_FRAME_INVALID',
      ));

    it('refuses a CIP response that ends before its status', () =>
      losesConnection(({ frame, socket }) => socket.write(cipReply(frame, Buffer.of(0x8e, 0))), 'CIP_REPLY_INVALID'));

    it('refuses additional status words that are not there', () =>
      losesConnection(
        ({ frame, socket }) => socket.write(cipReply(frame, Buffer.of(0x8e, 0, 1, 9, 0))),
        'CIP_REPLY_INVALID',
      ));

    it('refuses an identity that is cut off', async () => {
      await bench.transport.open();
      void bench.once(({ frame, socket }) => {
        socket.write(
          cipReply(frame, encodeCipResponse({ service: SERVICE.getAttributesAll, data: Buffer.alloc(20, 9) })),
        );
      }, sendRrData);
      const error = await rejectsWith(bench.transport.identify(), 'CIP_REPLY_INVALID');
      assert.match(error.message, /^Reading the identity of 127\.0\.0\.1:\d+: /);
      assert.equal(bench.transport.state, 'closed');
    });

    it('refuses garbage', () =>
      losesConnection(({ socket }) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ENIP_FRAME_INVALID'));

    it('refuses a huge frame before it arrives', () =>
      losesConnection(
        withHeader((reply) => reply.writeUInt16LE(65_000, HEADER_OFFSET.length)),
        'ENIP_FRAME_INVALID',
      ));
  });

  describe('of the connection', () => {
    it('tells a FIN', () => losesConnection(({ socket }) => socket.end(), 'ENIP_CONNECTION_LOST'));

    it('tells a FIN in the middle of a reply', () =>
      losesConnection(({ reply, socket }) => socket.end(reply.subarray(0, 30)), 'ENIP_CONNECTION_LOST'));

    it('tells a reset', () => losesConnection(({ socket }) => socket.resetAndDestroy(), 'ENIP_CONNECTION_LOST'));

    it('tells an encapsulation status, and keeps its code', async () => {
      await losesConnection(
        withHeader((reply) => reply.writeUInt32LE(0x64, HEADER_OFFSET.status)),
        'ENIP_STATUS',
      );
      const error = bench.changes.find((change) => change.error !== undefined)?.error;
      assert.deepEqual(error?.details, { status: 0x64 });
      assert.match(error.message, /session handle not valid/);
    });

    it('stays open when the device keeps its identity to itself', async () => {
      await bench.transport.open();
      void bench.once(({ frame, socket }) => {
        socket.write(cipReply(frame, encodeCipResponse({ service: SERVICE.getAttributesAll, generalStatus: 0x08 })));
      }, sendRrData);
      const error = await rejectsWith(bench.transport.identify(), 'CIP_STATUS');
      assert.deepEqual(error.details, { generalStatus: 0x08, extendedStatus: [] });
      assert.equal(bench.transport.state, 'open');
    });

    it('gives up a request that is not answered in time, and what waits behind it', async () => {
      await bench.transport.open();
      const asked = bench.once(() => undefined, sendRrData);
      const outcomes = Promise.allSettled([bench.transport.read(VOLTAGES), bench.transport.identify()]);
      await asked;
      await bench.clock.advance(REPLY_TIMEOUT_MS - 1);
      assert.equal(bench.transport.state, 'open');
      await bench.clock.advance(1);
      const [read, identity] = await outcomes;
      assert.ok(read.status === 'rejected' && hasCode(read.reason, 'ENIP_REPLY_TIMEOUT'));
      assert.ok(identity.status === 'rejected' && hasCode(identity.reason, 'ENIP_CONNECTION_LOST'));
      assert.equal(bench.transport.state, 'closed');
    });

    it('counts the time from the request, not from the one before', async () => {
      await bench.transport.open();
      await bench.transport.read(VOLTAGES);
      await bench.clock.advance(REPLY_TIMEOUT_MS - 10);
      const asked = bench.once(() => undefined, sendRrData);
      const outcome = rejectsWith(bench.transport.read(VOLTAGES), 'ENIP_REPLY_TIMEOUT');
      await asked;
      await bench.clock.advance(REPLY_TIMEOUT_MS - 10);
      assert.equal(bench.transport.state, 'open');
      await bench.clock.advance(10);
      await outcome;
    });

    it('leaves no timer behind', async () => {
      await bench.transport.open();
      await bench.transport.read(VOLTAGES);
      await bench.transport.close();
      assert.equal(bench.clock.pending, 0);
    });
  });
});
