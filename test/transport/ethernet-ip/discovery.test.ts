import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { silentLogger } from '../../../src/support/logger';
import {
  discoverByTcp,
  discoverByUdp,
  type DiscoveredDevice,
  type UnreadableAnswer,
} from '../../../src/transport/ethernet-ip/discovery';
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  type FrameParts,
} from '../../../src/transport/ethernet-ip/wire/encapsulation';
import { encodeListIdentityReply } from '../../../src/transport/ethernet-ip/wire/identity-object';
import { rejectsWith } from '../../../testkit/expect-error';
import { FakeClock } from '../../../testkit/fake-clock';
import { PEER_IDENTITY, ScriptedPeer } from '../../../testkit/links/scripted-peer';

const DEVICE = { address: '127.0.0.1', identity: PEER_IDENTITY, state: 3 };

function answer(serialNumber: number, parts: Partial<FrameParts> = {}, port = 44_818): Buffer {
  const identity = { ...PEER_IDENTITY, serialNumber };
  const socketAddress = { address: '0.0.0.0', port };
  const data = encodeListIdentityReply({ protocolVersion: 1, socketAddress, identity, state: 3 });
  return encodeFrame({ command: COMMAND.listIdentity, data, ...parts });
}

describe('discovery by UDP', () => {
  let device: Socket;
  let port: number;
  let clock: FakeClock;
  let questions: Buffer[];
  let answers: readonly Buffer[];
  const settings = (): { address: string; port: number; timeoutMs: number } => ({
    address: '127.0.0.1',
    port,
    timeoutMs: 2000,
  });
  const dependencies = (): { clock: FakeClock; logger: typeof silentLogger } => ({ clock, logger: silentLogger });

  beforeEach(async () => {
    clock = new FakeClock();
    questions = [];
    answers = [];
    device = createSocket('udp4');
    device.on('message', (bytes: Buffer, remote: RemoteInfo) => {
      questions.push(bytes);
      for (const reply of answers) device.send(reply, remote.port, remote.address);
    });
    device.bind(0, '127.0.0.1');
    await once(device, 'listening');
    port = device.address().port;
  });
  afterEach(() => {
    device.close();
  });

  it('lists each device once, until enough have answered', async () => {
    answers = [answer(1), answer(1), answer(2), answer(1), answer(3)];
    const found = await discoverByUdp({ ...settings(), stopAfter: 3 }, dependencies());
    assert.deepEqual(
      found.map(({ identity }) => identity.serialNumber),
      [1, 2, 3],
    );
    assert.deepEqual(found[0], { ...DEVICE, port: 44_818, identity: { ...PEER_IDENTITY, serialNumber: 1 } });
    assert.equal(clock.pending, 0);
  });

  it('asks with List Identity, no session, and the longest delay that it will wait for', async () => {
    answers = [answer(1)];
    await discoverByUdp({ ...settings(), stopAfter: 1 }, dependencies());
    const frame = decodeFrame(questions[0]!);
    assert.equal(frame.command, COMMAND.listIdentity);
    assert.equal(frame.session, 0);
    assert.equal(frame.context.readUInt16LE(0), 1600);
    assert.equal(questions.length, 1);
  });

  it('collects until the time is up', async () => {
    let search: Promise<readonly DiscoveredDevice[]> | undefined;
    answers = [answer(7, {}, 0), Buffer.from('unreadable, and so logged after the first was taken')];
    const logged = new Promise<string>((resolve) => {
      search = discoverByUdp(settings(), { clock, logger: { ...silentLogger, debug: resolve } });
    });
    assert.match(await logged, /^List Identity of 127\.0\.0\.1: /);
    await clock.advance(1999);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    assert.deepEqual(
      (await search)?.map((each) => each.port),
      [port],
      'a device that does not tell its port gets the one that was asked',
    );
  });

  it('leaves out what cannot be read', async () => {
    answers = [
      Buffer.alloc(0),
      Buffer.from('not EtherNet/IP'),
      answer(1).subarray(0, 60),
      answer(2, { status: 1 }),
      answer(3, { command: COMMAND.listServices }),
      answer(4, { data: Buffer.alloc(2) }),
      answer(5),
    ];
    const told: UnreadableAnswer[] = [];
    const onUnreadable = (unreadable: UnreadableAnswer): void => void told.push(unreadable);
    const found = await discoverByUdp({ ...settings(), stopAfter: 1, onUnreadable }, dependencies());
    assert.deepEqual(
      found.map(({ identity }) => identity.serialNumber),
      [5],
    );
    assert.deepEqual(
      told.map(({ address, error }) => [address, error.code]),
      [['127.0.0.1', 'ENIP_FRAME_INVALID']],
      'one sentence for each address, however often it answers',
    );
  });

  it('stops on request, before and while it waits', async () => {
    await rejectsWith(discoverByUdp(settings(), dependencies(), AbortSignal.abort()), 'ABORTED');
    const controller = new AbortController();
    const outcome = rejectsWith(discoverByUdp(settings(), dependencies(), controller.signal), 'ABORTED');
    await once(device, 'message');
    controller.abort();
    await outcome;
    assert.equal(clock.pending, 0);
  });

  it('says that the network cannot be asked', async () => {
    await rejectsWith(discoverByUdp({ ...settings(), port: 70_000 }, dependencies()), 'ENIP_CONNECT_FAILED');
    await rejectsWith(
      discoverByUdp({ ...settings(), localAddress: '192.0.2.1' }, dependencies()),
      'ENIP_CONNECT_FAILED',
    );
  });
});

describe('discovery by TCP', () => {
  let peer: ScriptedPeer;
  let port: number;
  let clock: FakeClock;
  const ask = (signal?: AbortSignal): Promise<unknown> =>
    discoverByTcp(
      { host: '127.0.0.1', port, connectTimeoutMs: 3000, replyTimeoutMs: 2000 },
      { clock, logger: silentLogger },
      signal,
    );

  beforeEach(async () => {
    clock = new FakeClock();
    peer = new ScriptedPeer();
    port = await peer.listen();
  });
  afterEach(() => peer.close());

  it('needs no session', async () => {
    assert.deepEqual(await ask(), { ...DEVICE, port });
    assert.deepEqual(
      peer.frames.map(({ command }) => command),
      [COMMAND.listIdentity],
    );
    assert.equal(clock.pending, 0);
  });

  it('says that nothing listens', async () => {
    await peer.close();
    await rejectsWith(ask(), 'ENIP_CONNECT_FAILED');
    assert.equal(clock.pending, 0);
  });

  it('gives a silent device up', async () => {
    const asked = new Promise<void>((resolve) => {
      peer.fault = {
        act: () => {
          resolve();
        },
      };
    });
    const outcome = rejectsWith(ask(), 'ENIP_REPLY_TIMEOUT');
    await asked;
    await clock.advance(2000);
    await outcome;
  });

  it('refuses what is no answer', async () => {
    peer.fault = { act: ({ socket }) => socket.write('SSH-2.0-OpenSSH_9.2 and some more\r\n') };
    await rejectsWith(ask(), 'ENIP_FRAME_INVALID');
    peer.fault = { act: ({ socket }) => socket.write(encodeFrame({ command: COMMAND.nop })) };
    await rejectsWith(ask(), 'ENIP_REPLY_MISMATCH');
    peer.fault = { act: ({ socket }) => socket.write(answer(1, { status: 1 })) };
    await rejectsWith(ask(), 'ENIP_STATUS');
    peer.fault = { act: ({ socket }) => socket.end() };
    await rejectsWith(ask(), 'ENIP_CONNECTION_LOST');
  });

  it('stops on request', async () => {
    await rejectsWith(ask(AbortSignal.abort()), 'ABORTED');
    const controller = new AbortController();
    peer.fault = {
      act: () => {
        controller.abort();
      },
    };
    await rejectsWith(ask(controller.signal), 'ABORTED');
  });
});
