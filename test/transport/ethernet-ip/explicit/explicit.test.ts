import assert from 'node:assert/strict';
import { EventEmitter, getEventListeners } from 'node:events';
import { silentLogger } from '../../../../src/support/logger';
import { ASSEMBLY_ATTRIBUTE, CIP_CLASS, SERVICE } from '../../../../src/transport/ethernet-ip/wire/cip';
import { COMMAND } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { createExplicitTransport } from '../../../../src/transport/ethernet-ip/explicit/explicit';
import type { Identity } from '../../../../src/transport/transport';
import type { SocketLike } from '../../../../src/transport/ethernet-ip/session/socket';
import { rejectsWith } from '../../../../testkit/expect-error';
import {
  CONNECT_TIMEOUT_MS,
  ExplicitBench,
  REPLY_TIMEOUT_MS,
  STATES,
  VOLTAGES,
} from '../../../../testkit/meters/explicit-bench';
import { FakeClock } from '../../../../testkit/fake-clock';

const { data, size } = ASSEMBLY_ATTRIBUTE;

describe('explicit transport', () => {
  let bench: ExplicitBench;
  beforeEach(() => {
    bench = new ExplicitBench();
  });
  afterEach(() => bench.stop());

  it('asks for the size of an assembly once for each connection while it does not know the device', async () => {
    await bench.start();
    await bench.transport.open();
    await Promise.all([bench.transport.read(VOLTAGES), bench.transport.read(VOLTAGES)]);
    await bench.transport.read(VOLTAGES);
    assert.deepEqual(bench.peer.reads(101), [size, data, data, data]);
    await bench.transport.close();
    await bench.transport.open();
    await bench.transport.read(VOLTAGES);
    assert.deepEqual(bench.peer.reads(101).slice(4), [size, data]);
  });

  /** Opens the connection anew, to a device with this serial number or revision, and reads. */
  async function reopen(change: Partial<Identity>): Promise<(number | undefined)[]> {
    bench.peer.identity = { ...bench.peer.identity, ...change };
    const before = bench.peer.reads(101).length;
    await bench.transport.close();
    await bench.transport.open();
    await bench.transport.identify();
    await bench.transport.read(VOLTAGES);
    return bench.peer.reads(101).slice(before);
  }

  it('asks a device for a size once, and again when another device or firmware answers', async () => {
    await bench.start();
    await bench.transport.open();
    assert.deepEqual(await reopen({}), [size, data]);
    assert.deepEqual(await reopen({}), [data]);
    assert.deepEqual(await reopen({ serialNumber: 940_000_555 }), [size, data]);
    assert.deepEqual(await reopen({ status: 0 }), [data], 'its status says nothing about its firmware');
    assert.deepEqual(await reopen({ revision: { major: 2, minor: 14 } }), [size, data]);
    assert.deepEqual(await reopen({ serialNumber: 0 }), [size, data]);
    assert.deepEqual(await reopen({}), [size, data], 'devices without a serial number look alike');
  });

  it('forgets no size that differs, and asks for that of a changed block', async () => {
    await bench.start();
    bench.peer.sizes.set(101, 52);
    await bench.transport.open();
    await bench.transport.identify();
    await rejectsWith(bench.transport.read(VOLTAGES), 'METER_SIZE_MISMATCH');
    bench.peer.sizes.clear();
    assert.deepEqual(await reopen({}), [size, data]);
    await bench.transport.close();
    await bench.transport.open();
    await bench.transport.identify();
    await rejectsWith(bench.transport.read({ ...VOLTAGES, sizeBytes: 44 }), 'METER_SIZE_MISMATCH');
    assert.equal(bench.peer.reads(101).at(-1), size);
  });

  it('reads nothing while the size differs from the layout', async () => {
    await bench.start();
    bench.peer.sizes.set(101, 52);
    await bench.transport.open();
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await rejectsWith(bench.transport.read(VOLTAGES), 'METER_SIZE_MISMATCH');
      assert.deepEqual(error.details, { assembly: 101, gotBytes: 52, expectedBytes: 48 });
      assert.match(error.message, /layout file/);
    }
    assert.deepEqual(bench.peer.reads(101), [size, size]);
    assert.equal((await bench.transport.read(STATES)).length, 4);
  });

  it('reads from a device that does not tell the size, and still checks the length', async () => {
    await bench.start();
    bench.peer.sizes.set(101, -0x14);
    await bench.transport.open();
    assert.equal((await bench.transport.read(VOLTAGES)).length, 48);
    await bench.transport.read(VOLTAGES);
    assert.deepEqual(bench.peer.reads(101), [size, data, data]);
    await rejectsWith(bench.transport.read({ ...VOLTAGES, sizeBytes: 44 }), 'METER_SIZE_MISMATCH');
  });

  it('need not ask for the size', async () => {
    await bench.start({ verifySize: false });
    await bench.transport.open();
    await bench.transport.read(VOLTAGES);
    assert.deepEqual(bench.peer.reads(101), [data]);
  });

  it('keeps general and extended status of a refusal', async () => {
    await bench.start({ verifySize: false });
    bench.peer.refusals.set(101, { generalStatus: 0x1f, extendedStatus: [0x0203, 9] });
    await bench.transport.open();
    const error = await rejectsWith(bench.transport.read(VOLTAGES), 'CIP_STATUS');
    assert.deepEqual(error.details, { generalStatus: 0x1f, extendedStatus: [0x0203, 9] });
    assert.match(error.message, /assembly 101.*0x1f \(vendor specific error\), extended status 0x0203 0x0009/);
    assert.equal(bench.transport.state, 'open');
  });

  it('has one request on the wire at a time, each with a context of its own', async () => {
    await bench.start({ verifySize: false });
    await bench.transport.open();
    const { asked, release } = bench.hold(COMMAND.sendRrData);
    const reads = Promise.all([VOLTAGES, STATES, VOLTAGES, STATES].map((block) => bench.transport.read(block)));
    await asked;
    assert.equal(bench.peer.requests.length, 1);
    release();
    await reads;
    const contexts = bench.peer.frames.map(({ context }) => context.toString('hex'));
    assert.equal(new Set(contexts).size, 5);
  });

  it('sends nothing but what reads, and says good-bye', async () => {
    await bench.start();
    await bench.transport.open();
    await bench.transport.identify();
    await bench.transport.read(VOLTAGES);
    await bench.transport.close();
    const { registerSession, sendRrData, unRegisterSession } = COMMAND;
    assert.deepEqual(
      bench.peer.frames.map(({ command }) => command),
      [registerSession, sendRrData, sendRrData, sendRrData, unRegisterSession],
    );
    assert.deepEqual(
      bench.peer.requests.map(({ service, path }) => [service, path.classId, path.instanceId, path.attributeId]),
      [
        [SERVICE.getAttributesAll, CIP_CLASS.identity, 1, undefined],
        [SERVICE.getAttributeSingle, CIP_CLASS.assembly, 101, size],
        [SERVICE.getAttributeSingle, CIP_CLASS.assembly, 101, data],
      ],
    );
    assert.ok(bench.peer.frames.slice(1).every(({ session }) => session === bench.peer.sessionHandle));
  });

  it('does not wait long for a device that keeps its side open', async () => {
    await bench.start();
    await bench.transport.open();
    const asked = bench.once(() => undefined, COMMAND.unRegisterSession);
    for (const socket of bench.peer.sockets) socket.allowHalfOpen = true;
    const closing = bench.transport.close();
    assert.equal(bench.transport.state, 'closed');
    await asked;
    await bench.clock.advance(200);
    await closing;
  });

  it('takes a stopped read out of the queue without harm to the others', async () => {
    await bench.start({ verifySize: false });
    await bench.transport.open();
    const { asked, release } = bench.hold(COMMAND.sendRrData);
    const first = bench.transport.read(VOLTAGES);
    const controller = new AbortController();
    const second = rejectsWith(bench.transport.read(STATES, controller.signal), 'ABORTED');
    await asked;
    controller.abort();
    await second;
    release();
    assert.equal((await first).length, 48);
    await bench.transport.read(VOLTAGES);
    assert.deepEqual(bench.peer.reads(108), [], 'it is not sent later either');
    assert.equal(bench.transport.state, 'open');
  });

  it('shares one attempt to open, and ends it when the last one gives up', async () => {
    await bench.start();
    const asked = bench.once(() => undefined, COMMAND.registerSession);
    const [left, right] = [new AbortController(), new AbortController()];
    const first = rejectsWith(bench.transport.open(left.signal), 'ABORTED');
    const second = rejectsWith(bench.transport.open(right.signal), 'ABORTED');
    await asked;
    left.abort();
    await first;
    assert.equal(bench.transport.state, 'opening');
    right.abort();
    await second;
    assert.equal(bench.transport.state, 'closed');
    assert.equal(bench.peer.frames.length, 1);
    assert.equal(bench.clock.pending, 0);
  });

  it('lets go of a signal when it is done', async () => {
    await bench.start();
    const { signal } = new AbortController();
    await bench.transport.open(signal);
    await bench.transport.read(VOLTAGES, signal);
    await bench.transport.identify(signal);
    await rejectsWith(bench.transport.read({ ...VOLTAGES, sizeBytes: 1 }, signal), 'METER_SIZE_MISMATCH');
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('refuses an instance that no request can name', async () => {
    await bench.start();
    await bench.transport.open();
    await rejectsWith(
      bench.transport.read({ kind: 'assembly', instance: 70_000, sizeBytes: 4 }),
      'CIP_REQUEST_INVALID',
    );
    assert.equal((await bench.transport.read(STATES)).length, 4);
  });

  it('says that nothing listens', async () => {
    await bench.start();
    await bench.peer.close();
    const error = await rejectsWith(bench.transport.open(), 'ENIP_CONNECT_FAILED');
    assert.match(error.message, /nothing listens there/);
    assert.equal(error.retryable, true);
  });

  it('says that a port cannot be', async () => {
    await bench.start({ port: 70_000 });
    await rejectsWith(bench.transport.open(), 'ENIP_CONNECT_FAILED');
  });
});

/** A socket that a test speaks for. */
class SilentSocket extends EventEmitter implements SocketLike {
  destroyed = 0;
  write(): void {
    this.emit('written');
  }
  end(): void {
    this.emit('ended');
  }
  destroy(): void {
    this.destroyed++;
  }
  setNoDelay(): void {
    this.emit('noDelay');
  }
}

describe('explicit transport: its socket', () => {
  const settings = {
    host: '192.0.2.1',
    port: 1,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    replyTimeoutMs: REPLY_TIMEOUT_MS,
  };

  it('gives up a host that never answers, and survives what the socket says afterward', async () => {
    const clock = new FakeClock();
    const socket = new SilentSocket();
    const transport = createExplicitTransport(settings, { clock, logger: silentLogger, connect: () => socket });
    const outcome = rejectsWith(transport.open(), 'ENIP_CONNECT_TIMEOUT');
    await clock.advance(CONNECT_TIMEOUT_MS);
    assert.match((await outcome).message, /192\.0\.2\.1:1 .* 3000 ms/);
    assert.equal(socket.destroyed, 1);
    assert.equal(clock.pending, 0);
    socket.emit('connect');
    socket.emit('error', new Error('late'));
    socket.emit('end');
    socket.emit('close');
    assert.equal(transport.state, 'closed');
  });

  it('says what this computer lacks, rather than to look at the meter', async () => {
    const reasons = { EMFILE: /raise its limit of open files/, EADDRNOTAVAIL: /no free port/, EPERM: /its firewall/ };
    for (const [code, reason] of Object.entries(reasons)) {
      const socket = new SilentSocket();
      const dependencies = { clock: new FakeClock(), logger: silentLogger, connect: () => socket };
      const outcome = rejectsWith(createExplicitTransport(settings, dependencies).open(), 'ENIP_CONNECT_FAILED');
      socket.emit('error', Object.assign(new Error(`connect ${code}`), { code }));
      const { message } = await outcome;
      assert.match(message, reason);
      assert.doesNotMatch(message, /meter/);
    }
  });

  it('sends small requests at once', async () => {
    const clock = new FakeClock();
    const socket = new SilentSocket();
    const transport = createExplicitTransport(settings, { clock, logger: silentLogger, connect: () => socket });
    const calls: string[] = [];
    for (const call of ['noDelay', 'written']) socket.on(call, () => calls.push(call));
    const outcome = rejectsWith(transport.open(), 'METER_CLOSED');
    socket.emit('connect');
    await clock.advance(0);
    assert.deepEqual(calls, ['noDelay', 'written']);
    await transport.close();
    await outcome;
  });
});
