import assert from 'node:assert/strict';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { describeMismatch } from '../../src/acquisition/meter-identity';
import type { LinkDependencies } from '../../src/acquisition/meter-link';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import type { MeterSettings } from '../../src/acquisition/meter-session';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { IDENTITY, ScriptedTransport } from '../../testkit/meters/scripted-transport';
import { PM500 } from '../../src/meters/pm500';

function setUp() {
  const clock = new FakeClock();
  const transports: ScriptedTransport[] = [];
  const warnings: string[] = [];
  const dependencies: LinkDependencies = {
    clock,
    random: () => 0,
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    createTransport: () => {
      const transport = new ScriptedTransport(clock);
      transports.push(transport);
      return transport;
    },
  };
  const settings: MeterSettings = {
    model: PM500,
    name: 'main-incomer',
    host: '10.0.0.5',
    port: 44_818,
    tags: { site: 'north' },
    connectTimeoutMs: 1000,
    replyTimeoutMs: 1000,
    minimumReadIntervalMs: 200,
    layout: workingLayout(PM500),
    layoutConfirmed: false,
  };
  const registry = new MeterRegistry(dependencies);
  const { session, release } = registry.acquire(settings);
  const transport = transports[0];
  assert.ok(transport !== undefined);
  return { clock, transports, transport, warnings, registry, settings, session, release };
}

const failure = (code: 'ENIP_CONNECT_TIMEOUT' | 'ENIP_CONNECTION_LOST' | 'CIP_STATUS'): Pm500Error =>
  new Pm500Error(code, `10.0.0.5:44818 failed with ${code}.`);

async function settled<Result>(clock: FakeClock, promise: Promise<Result>, afterMs = 20): Promise<Result> {
  promise.catch(() => undefined);
  await clock.advance(afterMs);
  return promise;
}

describe('one meter, one connection', () => {
  it('reads in the order asked and stamps each block with the time of its reply', async () => {
    const { clock, session } = setUp();
    const startedAt = clock.now();
    const reading = await settled(clock, session.read([102, 101]));
    assert.deepEqual(
      reading.blocks.map(({ assembly, timestamp, latencyMs }) => [assembly, timestamp - startedAt, latencyMs]),
      [
        [102, 5, 5],
        [101, 10, 5],
      ],
    );
    assert.equal(reading.timestamp, startedAt + 5);
    assert.equal(reading.meter.catalogNumber, '1420-V2-ENT');
    assert.equal(reading.meter.serialNumber, IDENTITY.serialNumber);
  });

  it('counts the limit from the request, not from the wait for the connection or for other requests', async () => {
    const { clock, transport, session } = setUp();
    transport.openTakesMs = 900;
    await settled(clock, session.read([101]), 1000);
    await settled(clock, session.read([101]), 300);
    transport.readTakesMs = 60;
    await clock.advance(1000);
    const others = [102, 103, 104, 105].map((instance) => session.read([instance]));
    await settled(clock, Promise.all([...others, session.read([101])]), 400);
    await settled(clock, session.read([101]), 300);
    const sent = transport.reads.filter(({ instance }) => instance === 101).map(({ at }) => at);
    const gaps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
    assert.ok(
      gaps.every((gap) => gap >= 200),
      `gaps of ${gaps.join(', ')} ms`,
    );
  });

  it('stays closed when it is closed in the instant in which a connection is ready', async () => {
    const { clock, transport, session, release } = setUp();
    transport.onIdentified = () => void release();
    await assert.rejects(async () => {
      const reading = await settled(clock, session.read([101]));
      throw new Error(reading.blocks[0]?.error?.code);
    }, /METER_CLOSED/);
    assert.equal(session.state.kind, 'closed');
    const later = await settled(clock, session.read([101]), 1000);
    assert.equal(later.blocks[0]?.error?.code, 'METER_CLOSED');
    assert.deepEqual([transport.opens, transport.state], [1, 'closed']);
  });

  it('two configurations of one address share connection and read; each keeps its own name and tags', async () => {
    const { clock, transport, transports, registry, settings, session } = setUp();
    const other = registry.acquire({ ...settings, name: 'second', host: '10.0.0.5', tags: { site: 'south' } });
    const [first, second] = await settled(clock, Promise.all([session.read([101]), other.session.read([101])]));
    assert.equal(transports.length, 1);
    assert.equal(transport.reads.length, 1);
    assert.deepEqual([first.meter.name, second.meter.name], ['main-incomer', 'second']);
    assert.notEqual(first.blocks[0]?.values, second.blocks[0]?.values, 'values must not be one shared object');
  });

  it('knows an address again however it is written', () => {
    const { transports, registry, settings } = setUp();
    for (const host of ['10.5', '10.0.0.5.', '0x0a.0.0.5']) registry.acquire({ ...settings, host });
    assert.equal(transports.length, 1);
    for (const host of ['Meter.Plant', 'meter.plant', 'meter.plant.']) registry.acquire({ ...settings, host });
    assert.equal(transports.length, 2);
    for (const host of ['not a host', 'fe80::1']) registry.acquire({ ...settings, host });
    assert.equal(transports.length, 4);
  });

  it('reads an assembly at most every 200 ms whatever ten users ask, for ten seconds', async () => {
    const { clock, transport, registry, settings } = setUp();
    const users = Array.from({ length: 10 }, () => registry.acquire(settings).session);
    for (let at = 0; at < 10_000; at += 10) {
      for (const user of users) user.read([101, 107]).catch(() => undefined);
      await clock.advance(10);
    }
    for (const instance of [101, 107]) {
      const times = transport.reads.filter((read) => read.instance === instance).map(({ at }) => at);
      assert.ok(times.length >= 40 && times.length <= 51, `${times.length} reads of ${instance}`);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      assert.ok(Math.min(...gaps) >= 200, `gap of ${Math.min(...gaps)} ms`);
    }
  });

  it('waits out a request that is early by a timer, instead of giving the old answer', async () => {
    const { clock, transport, session } = setUp();
    const first = await settled(clock, session.read([101]), 190);
    const second = await settled(clock, session.read([101]), 30);
    assert.equal(transport.reads.length, 2);
    assert.equal((transport.reads[1]?.at ?? 0) - (transport.reads[0]?.at ?? 0), 200);
    assert.notEqual(first.timestamp, second.timestamp);
  });

  it('a CIP error costs one block and neither the others nor the connection', async () => {
    const { clock, transport, session } = setUp();
    await settled(clock, session.read([100]));
    transport.readError = failure('CIP_STATUS');
    const reading = session.read([101]);
    await clock.advance(5);
    transport.readError = undefined;
    assert.equal((await reading).blocks[0]?.error?.code, 'CIP_STATUS');
    const next = await settled(clock, session.read([102]));
    assert.equal(next.blocks[0]?.error, undefined);
    assert.equal(transport.opens, 1);
  });

  it('a lost connection fails the rest of the cycle at once and comes back by itself', async () => {
    const { clock, transport, session } = setUp();
    await settled(clock, session.read([100]));
    transport.readError = failure('ENIP_CONNECTION_LOST');
    const reading = session.read([101, 102, 107]);
    await clock.advance(4);
    transport.drop(failure('ENIP_CONNECTION_LOST'));
    await clock.advance(1);
    const codes = (await reading).blocks.map(({ error }) => error?.code);
    assert.deepEqual(codes, ['ENIP_CONNECTION_LOST', 'ENIP_CONNECTION_LOST', 'ENIP_CONNECTION_LOST']);
    assert.equal(session.state.kind, 'waiting');
    transport.readError = undefined;
    await clock.advance(600);
    const next = await settled(clock, session.read([101]));
    assert.equal(next.blocks[0]?.error, undefined);
    assert.equal(session.state.kind, 'connected');
  });

  it('backs off from a dead meter: ever fewer attempts, and a sentence that says when the next one is', async () => {
    const { clock, transport, session } = setUp();
    transport.openError = failure('ENIP_CONNECT_TIMEOUT');
    const first = await settled(clock, session.read([101]));
    assert.equal(first.blocks[0]?.error?.code, 'ENIP_CONNECT_TIMEOUT');
    const second = await settled(clock, session.read([102]));
    assert.equal(second.blocks[0]?.error?.code, 'ENIP_CONNECT_TIMEOUT', 'the cause, not that it is left alone');
    assert.deepEqual(session.diagnostics.failures, { ENIP_CONNECT_TIMEOUT: 1, METER_BACKING_OFF: 1 });
    assert.equal(session.diagnostics.timeouts, 1, 'what was not asked has not timed out');
    assert.match(second.blocks[0].error.message, /ENIP_CONNECT_TIMEOUT\. The next attempt is in 1 s\./);
    for (let at = 0; at < 300_000; at += 250) {
      session.read([101]).catch(() => undefined);
      await clock.advance(250);
    }
    assert.ok(transport.opens >= 10 && transport.opens <= 20, `${transport.opens} attempts in five minutes`);
    transport.openError = undefined;
    await clock.advance(31_000);
    assert.equal((await settled(clock, session.read([101]))).blocks[0]?.error, undefined);
  });

  it('warns of a device that is no PowerMonitor 500 and marks its readings', async () => {
    const { clock, transport, warnings, session } = setUp();
    transport.identity = { ...IDENTITY, deviceType: 0x0e, productName: '1756-EN2T' };
    const reading = await settled(clock, session.read([101]));
    assert.equal(reading.meter.identityMismatch, true);
    assert.match(warnings.join(), /says it is "1756-EN2T".*check the address/);
  });

  it('says once that another device answers than before, however often the connection was lost meanwhile', async () => {
    const { clock, transport, warnings, session } = setUp();
    const reopen = async (): Promise<unknown> => {
      await transport.close();
      await clock.advance(5000);
      return (await settled(clock, session.read([101]))).meter.serialNumber;
    };
    const { serialNumber } = IDENTITY;
    for (let round = 0; round < 2; round++) assert.equal(await reopen(), serialNumber);
    assert.deepEqual(warnings, []);
    transport.identity = { ...IDENTITY, serialNumber: serialNumber + 1 };
    for (let round = 0; round < 3; round++) assert.equal(await reopen(), serialNumber + 1);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings.join(),
      new RegExp(`another device answers at .+ \\(serial ${serialNumber + 1}, before ${serialNumber}\\)`),
    );
  });

  it('says what differs from the configured catalog number', () => {
    assert.equal(describeMismatch(PM500, IDENTITY, '1420-V2-ENT'), undefined);
    assert.match(
      describeMismatch(PM500, IDENTITY, '1420-V1-ENT') ?? '',
      /is a 1420-V2-ENT, but 1420-V1-ENT is configured/,
    );
    assert.match(describeMismatch(PM500, { ...IDENTITY, productCode: 3 }) ?? '', /product code 3/);
  });

  it('leaves a session that nobody uses for long, before the meter or a router ends it, and opens it for the next read', async () => {
    const { clock, transport, session, release } = setUp();
    const states: string[] = [];
    session.onState(({ kind }) => states.push(kind));
    for (let cycle = 1; cycle <= 3; cycle++) {
      const reading = await settled(clock, session.read([101, 102]));
      assert.ok(reading.blocks.every(({ error }) => error === undefined));
      assert.equal(transport.opens, cycle);
      await clock.advance(300_000);
      assert.deepEqual([transport.state, session.state.kind, session.staleSince], ['closed', 'idle', undefined]);
    }
    assert.ok(!states.includes('waiting'), 'no loss is told');
    await release();
    assert.equal(clock.pending, 0);
  });

  it('keeps a session that is used now and then', async () => {
    const { clock, transport, session } = setUp();
    for (let cycle = 0; cycle < 20; cycle++) {
      await settled(clock, session.read([101]));
      await clock.advance(30_000);
    }
    assert.equal(transport.opens, 1);
  });

  it('is not lost when the meter ends a session that was quiet, and is when it ends one in use', async () => {
    const { clock, transport, session } = setUp();
    const drop = (): void => {
      transport.drop(failure('ENIP_CONNECTION_LOST'));
    };
    await settled(clock, session.read([101]));
    await clock.advance(10_000);
    drop();
    assert.equal(session.state.kind, 'idle');
    const reading = await settled(clock, session.read([101]));
    assert.deepEqual([reading.blocks[0]?.error, transport.opens], [undefined, 2]);
    await clock.advance(1000);
    drop();
    assert.equal(session.state.kind, 'waiting');
    await clock.advance(1000);
    await settled(clock, session.read([101]));
    await clock.advance(10_000);
    transport.readTakesMs = 3000;
    const asked = session.read([101]);
    await clock.advance(100);
    drop();
    assert.equal(session.state.kind, 'waiting', 'a request was under way');
    assert.equal((await settled(clock, asked, 5000)).blocks[0]?.error?.code, 'ENIP_CONNECTION_LOST');
  });

  it('closes with its last user, and reads after that fail with one sentence', async () => {
    const { clock, transport, registry, settings, session, release } = setUp();
    const other = registry.acquire(settings);
    await settled(clock, session.read([101]));
    await release();
    await release();
    assert.equal(transport.closes, 0);
    await other.release();
    assert.equal(transport.closes, 1);
    await clock.advance(500);
    const reading = await settled(clock, session.read([102]));
    assert.equal(reading.blocks[0]?.error?.code, 'METER_CLOSED');
    assert.equal(clock.pending, 0);
  });

  it('refuses an assembly that the layout does not have, and stops when asked to', async () => {
    const { session } = setUp();
    await assert.rejects(session.read([99]), {
      code: 'CONFIG_INVALID',
      message: /no assembly 99; choose from 100, 101/,
    });
    await assert.rejects(session.read([101], AbortSignal.abort()), { code: 'ABORTED' });
  });
});
