import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { silentLogger } from '../../../../src/support/logger';
import { encodeCyclicFrame, type CyclicFrame } from '../../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { DatagramRegistry, type DatagramLease } from '../../../../src/transport/ethernet-ip/implicit/datagram-registry';
import type { DatagramSettings } from '../../../../src/transport/ethernet-ip/implicit/datagrams';
import {
  openDatagramSocket,
  type DatagramSocket,
  type OpenDatagramSocket,
} from '../../../../src/transport/ethernet-ip/implicit/datagram-socket';
import { heartbeatFrame } from '../../../../src/transport/ethernet-ip/wire/requests';
import { EarlyFrame } from '../../../../src/transport/ethernet-ip/implicit/early-frame';
import { rejectsWith } from '../../../../testkit/expect-error';

const ANY_PORT: DatagramSettings = { port: 0 };

/** A UDP socket whose other side a test plays. */
class LoopDatagrams extends EventEmitter implements DatagramSocket {
  groups: string[] = [];
  closes = 0;
  bind(): void {
    queueMicrotask(() => this.emit('listening'));
  }
  address(): { port: number } {
    return { port: 2222 };
  }
  setRecvBufferSize(): void {
    throw new Error('setsockopt ENOBUFS');
  }
  send(_frame: Buffer, _port: number, _address: string, callback: (error: Error | null) => void): void {
    callback(new Error('network is unreachable'));
  }
  addMembership(group: string, localAddress?: string): void {
    if (group === '10.0.0.1') throw new Error('addMembership EINVAL');
    this.groups.push(`${group} at ${localAddress ?? 'any'}`);
  }
  close(callback?: () => void): void {
    this.closes++;
    if (callback !== undefined) queueMicrotask(callback);
  }
}

describe('UDP socket of I/O connections', () => {
  let registry: DatagramRegistry;
  let sender: Socket;
  let leases: DatagramLease[];

  const acquire = async (
    settings = ANY_PORT,
    open: OpenDatagramSocket = openDatagramSocket,
  ): Promise<DatagramLease> => {
    const lease = await registry.acquire(settings, open, silentLogger);
    leases.push(lease);
    return lease;
  };
  const frame = (connectionId: number, value: number): Buffer =>
    encodeCyclicFrame({ connectionId, sequence: 1, count: 1, data: Buffer.of(value) });

  beforeEach(async () => {
    registry = new DatagramRegistry();
    leases = [];
    sender = createSocket('udp4');
    sender.bind(0, '127.0.0.1');
    await once(sender, 'listening');
  });
  afterEach(async () => {
    await Promise.all(leases.map((lease) => lease.release()));
    await new Promise<void>((resolve) => {
      sender.close(resolve);
    });
  });

  it('is one for everybody who receives at the same port, and closes with the last', async () => {
    const sockets: LoopDatagrams[] = [];
    const open = (): DatagramSocket => {
      sockets.push(new LoopDatagrams());
      return sockets.at(-1)!;
    };
    const [first, second] = await Promise.all([acquire(ANY_PORT, open), acquire(ANY_PORT, open)]);
    assert.equal(sockets.length, 1);
    assert.equal(first.datagrams, second.datagrams);
    await first.release();
    await first.release();
    assert.equal(sockets[0]!.closes, 0);
    await second.release();
    assert.equal(sockets[0]!.closes, 1);
    await acquire(ANY_PORT, open);
    assert.equal(sockets.length, 2);
  });

  it('keeps the newest frame of a connection whose opening has not been told yet, once', async () => {
    const { datagrams } = await acquire();
    const early = new EarlyFrame(datagrams, '127.0.0.1', 7);
    const sendOne = async (value: number): Promise<void> => {
      const arrived = new Promise<void>((resolve) => {
        const stop = datagrams.subscribe('127.0.0.1', 7, () => {
          stop();
          resolve();
        });
      });
      sender.send(frame(7, value), datagrams.port, '127.0.0.1');
      await arrived;
    };
    await sendOne(1);
    await sendOne(2);
    assert.deepEqual(early.take()?.data, Buffer.of(2));
    await sendOne(3);
    assert.equal(early.take(), undefined);
  });

  it('hands a frame to whom it belongs, by address and connection id, and drops the rest', async () => {
    const { datagrams } = await acquire();
    const heard: string[] = [];
    const note = (name: string) => (received: CyclicFrame) => void heard.push(`${name} ${received.data[0] ?? -1}`);
    datagrams.subscribe('127.0.0.1', 1, note('one'));
    const stop = datagrams.subscribe('127.0.0.1', 2, note('two'));
    datagrams.subscribe('192.0.2.9', 1, note('stranger'));
    const arrived = new Promise<void>((resolve) => {
      datagrams.subscribe('127.0.0.1', 9, () => {
        resolve();
      });
    });
    stop();
    for (const bytes of [
      frame(1, 10),
      frame(2, 20),
      Buffer.from('garbage'),
      Buffer.alloc(0),
      frame(3, 30),
      frame(1, 11),
    ]) {
      sender.send(bytes, datagrams.port, '127.0.0.1');
    }
    sender.send(frame(9, 0), datagrams.port, '127.0.0.1');
    await arrived;
    assert.deepEqual(heard, ['one 10', 'one 11']);
  });

  it('says that its port is in use, and can be tried again', async () => {
    const { port } = sender.address();
    const settings = { port, localAddress: '127.0.0.1' };
    const error = await rejectsWith(registry.acquire(settings, openDatagramSocket, silentLogger), 'ENIP_PORT_IN_USE');
    assert.equal(error.retryable, true);
    assert.match(error.message, new RegExp(`UDP port ${port} is taken`));
    sender.close();
    await once(sender, 'close');
    await acquire(settings);
    sender = createSocket('udp4');
  });

  it('says that an address is not of this machine', async () => {
    const settings = { port: 0, localAddress: '198.51.100.1' };
    const error = await rejectsWith(
      registry.acquire(settings, openDatagramSocket, silentLogger),
      'ENIP_CONNECT_FAILED',
    );
    assert.match(error.message, /198\.51\.100\.1 is no address of this machine/);
  });

  it('tells its users when it fails, and the next one gets another', async () => {
    const sockets: LoopDatagrams[] = [];
    const open = (): DatagramSocket => {
      sockets.push(new LoopDatagrams());
      return sockets.at(-1)!;
    };
    const { datagrams } = await acquire(ANY_PORT, open);
    const lost = new Promise((resolve) => datagrams.onLost(resolve));
    sockets[0]!.emit('error', new Error('the interface went away'));
    sockets[0]!.emit('error', new Error('again'));
    assert.match(String(await lost), /UDP socket of the I\/O connections failed/);
    assert.equal(sockets[0]!.closes, 1);
    assert.notEqual((await acquire(ANY_PORT, open)).datagrams, datagrams);
  });

  it('survives what cannot be sent', async () => {
    const { datagrams } = await acquire(ANY_PORT, () => new LoopDatagrams());
    datagrams.send(heartbeatFrame(1), 2222, '192.0.2.1');
  });

  it('joins a group once for all, at the interface by which the meter is reached', async () => {
    const sockets: LoopDatagrams[] = [];
    const shares: boolean[] = [];
    const open = (share: boolean): DatagramSocket => {
      shares.push(share);
      sockets.push(new LoopDatagrams());
      return sockets.at(-1)!;
    };
    const settings = { port: 2222, group: '239.192.1.1', localAddress: '10.0.0.5' };
    const [first, second] = await Promise.all([acquire(settings, open), acquire(settings, open)]);
    assert.equal(first.datagrams, second.datagrams);
    await acquire({ ...settings, localAddress: '10.1.0.5' }, open);
    assert.deepEqual(
      sockets.flatMap(({ groups }) => groups),
      ['239.192.1.1 at 10.0.0.5', '239.192.1.1 at 10.1.0.5'],
    );
    assert.deepEqual(shares, [true, true], 'other programs may receive the group too');
    await first.release();
    assert.equal(sockets[0]!.closes, 0);
    await second.release();
    assert.equal(sockets[0]!.closes, 1, 'the group is left with the last who used it');
  });

  it('says that a group cannot be joined, and leaves nothing open', async () => {
    const socket = new LoopDatagrams();
    const error = await rejectsWith(
      acquire({ port: 2222, group: '10.0.0.1' }, () => socket),
      'ENIP_CONNECT_FAILED',
    );
    assert.match(error.message, /group 10\.0\.0\.1 could not be joined/);
    assert.equal(socket.closes, 1);
  });

  it('gives every program the frames of a group, and each its own of what is sent to it alone', async () => {
    const group = { port: 22_220, group: '239.192.77.1', localAddress: '127.0.0.1' };
    const other = new DatagramRegistry();
    const programs = [await acquire(group), await other.acquire(group, openDatagramSocket, silentLogger)];
    leases.push(programs[1]!);
    const alone = await acquire({ port: 22_220, localAddress: '127.0.0.1' });
    const heard: string[] = [];
    const settled = [...programs, alone].map(
      ({ datagrams }, index) =>
        new Promise<void>((resolve) => {
          datagrams.subscribe('127.0.0.1', 5, ({ data }) => {
            heard.push(`${index} heard ${data[0] ?? -1}`);
            resolve();
          });
        }),
    );
    sender.setMulticastInterface('127.0.0.1');
    sender.send(frame(5, 1), group.port, group.group);
    sender.send(frame(5, 2), group.port, '127.0.0.1');
    await Promise.all(settled);
    assert.deepEqual(heard.sort(), ['0 heard 1', '1 heard 1', '2 heard 2']);
  });
});
