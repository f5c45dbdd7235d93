import assert from 'node:assert/strict';
import { COMMAND, HEADER_OFFSET } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { rejectsWith } from '../../../../testkit/expect-error';
import { ExplicitBench, REPLY_TIMEOUT_MS, withHeader } from '../../../../testkit/meters/explicit-bench';

const { registerSession } = COMMAND;

describe('explicit transport: faults while a session is registered', () => {
  let bench: ExplicitBench;
  beforeEach(async () => {
    bench = await new ExplicitBench().start();
  });
  afterEach(() => bench.stop());

  it('gives up a device that accepts the connection and says nothing', async () => {
    const asked = bench.once(() => undefined, registerSession);
    const outcome = rejectsWith(bench.transport.open(), 'ENIP_REPLY_TIMEOUT');
    await asked;
    await bench.clock.advance(REPLY_TIMEOUT_MS);
    assert.match((await outcome).message, /Registering a session/);
    assert.equal(bench.transport.state, 'closed');
  });

  it('tells a device without a free session', async () => {
    void bench.once(
      withHeader((reply) => reply.writeUInt32LE(0x02, HEADER_OFFSET.status)),
      registerSession,
    );
    assert.deepEqual((await rejectsWith(bench.transport.open(), 'ENIP_STATUS')).details, { status: 2 });
  });

  it('refuses a session handle of 0', async () => {
    bench.peer.sessionHandle = 0;
    await rejectsWith(bench.transport.open(), 'ENIP_REPLY_MISMATCH');
  });

  it('tells a device that sends garbage right after the session', async () => {
    void bench.once(({ reply, socket }) => {
      socket.write(Buffer.concat([reply, Buffer.from('garbage, longer than a header')]));
    }, registerSession);
    await rejectsWith(bench.transport.open(), 'ENIP_FRAME_INVALID');
    assert.equal(bench.transport.state, 'closed');
  });

  it('tells a device that hangs up', async () => {
    void bench.once(({ socket }) => socket.end(), registerSession);
    await rejectsWith(bench.transport.open(), 'ENIP_CONNECTION_LOST');
    void bench.once(({ socket }) => socket.resetAndDestroy(), registerSession);
    await rejectsWith(bench.transport.open(), 'ENIP_CONNECTION_LOST');
  });
});
