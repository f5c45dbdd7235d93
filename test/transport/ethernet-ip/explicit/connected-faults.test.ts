import assert from 'node:assert/strict';
import type { ImplicitPort } from '../../../../src/simulator/ethernet-ip/implicit-port';
import { silentLogger } from '../../../../src/support/logger';
import { seededRandom } from '../../../../src/support/random';
import { createConnectedTransport } from '../../../../src/transport/ethernet-ip/explicit/connected';
import { CONNECTED_SEQUENCE_OFFSET } from '../../../../src/transport/ethernet-ip/wire/connected-message';
import { COMMAND } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import type { Transport } from '../../../../src/transport/transport';
import type { ErrorCode } from '../../../../src/support/errors';
import { rejectsWith } from '../../../../testkit/expect-error';
import { STATES, VOLTAGES } from '../../../../testkit/meters/explicit-bench';
import { FakeClock, settle } from '../../../../testkit/fake-clock';
import { connectionsOf } from '../../../../testkit/meters/implicit-bench';
import { ScriptedPeer } from '../../../../testkit/links/scripted-peer';
import { waitFor } from '../../../../testkit/wait';

const { sendUnitData } = COMMAND;

describe('class 3 transport', () => {
  let peer: ScriptedPeer;
  let connections: ImplicitPort;
  let clock: FakeClock;
  let transport: Transport;

  beforeEach(async () => {
    peer = new ScriptedPeer();
    peer.assemblies.set(101, Buffer.alloc(48, 1));
    peer.assemblies.set(108, Buffer.alloc(4, 2));
    clock = new FakeClock();
    connections = connectionsOf(peer, clock);
    peer.connections = connections;
    await connections.open();
    transport = createConnectedTransport(
      { host: '127.0.0.1', port: await peer.listen(), connectTimeoutMs: 3000, replyTimeoutMs: 2000, verifySize: false },
      { clock, logger: silentLogger, random: seededRandom(9) },
    );
  });
  afterEach(async () => {
    await transport.close();
    await Promise.all([peer.close(), connections.close()]);
  });

  const sequences = (): number[] =>
    peer.frames.filter(({ command }) => command === sendUnitData).map(({ data }) => data.readUInt16LE(20));

  it('opens one connection for all assemblies, numbers its requests, and closes it', async () => {
    await transport.open();
    assert.deepEqual(
      connections.table.summaries.map(({ kind }) => kind),
      ['message-router'],
    );
    await transport.read(VOLTAGES);
    await transport.read(STATES);
    await transport.identify();
    const [first = 0] = sequences();
    assert.deepEqual(sequences(), [first, first + 1, first + 2]);
    await transport.close();
    assert.equal(connections.table.summaries.length, 0);
    assert.equal(clock.pending, 0);
  });

  it('keeps an idle connection alive, and only an idle one', async () => {
    await transport.open();
    await transport.read(STATES);
    const before = sequences().length;
    await clock.advance(7000);
    assert.equal(sequences().length, before);
    await clock.advance(1000);
    await waitFor('the keep-alive', () => sequences().length > before);
    await settle();
    assert.equal(connections.table.summaries.length, 1);
    assert.equal(transport.state, 'open');
  });

  it('says why a connection was refused, and leaves nothing open', async () => {
    peer.connections = undefined;
    await rejectsWith(transport.open(), 'CIP_STATUS');
    assert.equal(transport.state, 'closed');
    await waitFor('the session to be given back', () => peer.sockets.size === 0);
    assert.equal(clock.pending, 0);
  });

  async function loses(change: (reply: Buffer) => void, code: ErrorCode): Promise<void> {
    await transport.open();
    peer.fault = {
      command: sendUnitData,
      act: ({ reply, socket }) => {
        peer.fault = undefined;
        change(reply);
        socket.write(reply);
      },
    };
    await rejectsWith(transport.read(STATES), code);
    assert.equal(transport.state, 'closed');
    await transport.open();
    assert.equal((await transport.read(STATES))[0], 2);
  }

  it('refuses a reply with another sequence count', () =>
    loses((reply) => reply.writeUInt16LE(9999, CONNECTED_SEQUENCE_OFFSET), 'ENIP_REPLY_MISMATCH'));

  it('refuses a reply of another connection', () =>
    loses((reply) => reply.writeUInt32LE(1, 36), 'ENIP_REPLY_MISMATCH'));

  it('refuses a reply that holds no connected data', () =>
    loses((reply) => reply.writeUInt16LE(0xb2, 40), 'ENIP_FRAME_INVALID'));

  it('gives up a request that is not answered', async () => {
    await transport.open();
    const asked = new Promise<void>((resolve) => {
      peer.fault = {
        command: sendUnitData,
        act: () => {
          resolve();
        },
      };
    });
    const outcome = rejectsWith(transport.read(STATES), 'ENIP_REPLY_TIMEOUT');
    await asked;
    await clock.advance(2000);
    await outcome;
    assert.equal(transport.state, 'closed');
  });
});
