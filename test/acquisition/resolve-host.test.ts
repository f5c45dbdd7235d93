import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { addressInHosts, createHostResolver, type HostSources } from '../../src/acquisition/resolve-host';
import { Pm500Error } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { HOST, MeterBench } from '../../testkit/meters/meter-bench';
import { IDENTITY } from '../../testkit/meters/scripted-transport';

const never = (): Promise<never> => new Promise(() => undefined);
const failing = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

function setUp(sources: Partial<HostSources>) {
  const clock = new FakeClock();
  const resolve = createHostResolver({
    clock,
    readHosts: () => Promise.resolve('127.0.0.1 localhost\n10.0.0.9 meter9 meter9.plant # the ninth\n'),
    queryNameServer: failing('ENOTFOUND'),
    askSystem: failing('ENOTFOUND'),
    ...sources,
  });
  return { clock, resolve };
}

describe('host names', () => {
  it('finds a name in a file of hosts, in whatever case, and nothing in a comment', () => {
    const text = '# 10.0.0.1 a\n::1 b\n10.0.0.2\tA  alias # c\r\n10.0.0.3 a\n';
    assert.equal(addressInHosts(text, 'Alias'), '10.0.0.2');
    assert.equal(addressInHosts(text, 'a'), '10.0.0.2', 'the first one counts');
    for (const name of ['b', 'c', '#', '10.0.0.2', '']) assert.equal(addressInHosts(text, name), undefined);
  });

  it('a silent name server costs a name that the file of hosts knows nothing, and the others a bounded time', async () => {
    let asked = 0;
    const { clock, resolve } = setUp({ queryNameServer: never, askSystem: () => (asked++, never()) });
    const unknown = Array.from({ length: 8 }, (_, index) =>
      assert.rejects(resolve(`meter${index}`) as Promise<unknown>, { code: 'EAI_AGAIN' }),
    );
    assert.equal(await resolve('meter9'), '10.0.0.9');
    await clock.advance(3000);
    await Promise.all(unknown);
    assert.deepEqual([asked, clock.pending], [0, 0]);
  });

  it('asks the operating system one name at a time, and none for whom nobody waits any more', async () => {
    const asked: string[] = [];
    const askSystem = (name: string): Promise<never> => (asked.push(name), never());
    const { clock, resolve } = setUp({ askSystem });
    const names = ['a', 'b', 'c', 'd.local'];
    const lookups = names.map((name) => assert.rejects(resolve(name) as Promise<unknown>, { code: 'EAI_AGAIN' }));
    await clock.advance(60_000);
    await Promise.all(lookups);
    assert.equal(asked.length, 1);
  });

  it('asks once for all who want a name at the same time, and anew after that', async () => {
    let asked = 0;
    const queryNameServer = (): Promise<string> => Promise.resolve(`10.0.0.${++asked}`);
    const { resolve } = setUp({ queryNameServer });
    assert.deepEqual(await Promise.all([resolve('a'), resolve('a')]), ['10.0.0.1', '10.0.0.1']);
    assert.equal(await resolve('a'), '10.0.0.2');
  });

  it('takes what the operating system knows beyond the name server, and says when nobody knows a name', async () => {
    const askSystem = (name: string): Promise<string> =>
      name === 'short' ? Promise.resolve('10.1.1.1') : failing('ENOTFOUND')();
    const { clock, resolve } = setUp({ askSystem });
    assert.equal(await resolve('short'), '10.1.1.1');
    await assert.rejects(resolve('nobody'), { code: 'ENOTFOUND' });
    assert.equal(clock.pending, 0);
  });

  describe('with a name server on a real socket', () => {
    let server: Socket;
    let resolver: Resolver;
    before(async () => {
      server = createSocket('udp4');
      // Knows one name and is silent about the others.
      server.on('message', (query, { port, address }) => {
        if (!query.includes('known')) return;
        const answer = Buffer.concat([query.subarray(0, 12), query.subarray(12, query.indexOf(0, 12) + 5)]);
        answer.writeUInt16BE(0x8180, 2);
        answer.writeUInt16BE(1, 6);
        answer.fill(0, 8, 12);
        const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 9, 8, 7]);
        server.send(Buffer.concat([answer, record]), port, address);
      });
      server.bind(0, '127.0.0.1');
      await once(server, 'listening');
      resolver = new Resolver({ timeout: 200, tries: 1 });
      resolver.setServers([`127.0.0.1:${server.address().port}`]);
    });
    after(() => server.close());

    it('finds what it knows while it is silent about eight other names', async () => {
      const { resolve } = setUp({ queryNameServer: async (name) => (await resolver.resolve4(name))[0] });
      const silent = Array.from({ length: 8 }, (_, index) =>
        assert.rejects(resolve(`other${index}.plant`) as Promise<unknown>, { code: 'EAI_AGAIN' }),
      );
      assert.equal(await resolve('known.plant'), '10.9.8.7');
      await Promise.all(silent);
    });
  });
});

describe('a meter that is configured by its name', () => {
  it('is looked up once for each attempt, and read at its last address while nobody knows it', async () => {
    let asked = 0;
    let answer: Promise<string | undefined> = Promise.resolve(HOST);
    const bench = new MeterBench(() => (asked++, answer));
    const meter = bench.acquire({ host: 'meter.plant' });
    assert.equal(await bench.read(meter), 'ok');
    assert.deepEqual([asked, bench.addressOf()], [1, HOST]);
    answer = failing('EAI_AGAIN')();
    answer.catch(() => undefined);
    meter.transport.drop(new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
    await bench.clock.advance(2000);
    assert.equal(await bench.read(meter), 'ok');
    assert.deepEqual([asked, bench.addressOf()], [2, HOST]);
  });

  it('is reached at its last address while the name server is slow, and at the one it says then by the next attempt', async () => {
    let answer: Promise<string | undefined> = Promise.resolve(HOST);
    const bench = new MeterBench(() => answer);
    const meter = bench.acquire({ host: 'meter.plant' });
    assert.equal(await bench.read(meter), 'ok');
    let say = (_address: string): void => undefined;
    answer = new Promise((resolve) => {
      say = resolve;
    });
    meter.transport.drop(new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
    await bench.clock.advance(1000);
    assert.equal(await bench.read(meter, ['status'], 400), 'ok');
    assert.equal(bench.addressOf(), HOST);
    say('10.0.0.6');
    await bench.clock.advance(1);
    assert.equal(bench.addressOf(), '10.0.0.6');
  });

  it('waits for a silent name server once, and connects at once by the attempts that follow', async () => {
    let answer: Promise<string | undefined> = Promise.resolve(HOST);
    const bench = new MeterBench(() => answer);
    const meter = bench.acquire({ host: 'meter.plant' });
    assert.equal(await bench.read(meter), 'ok');
    answer = never();
    const opensAfter = async (waitMs: number): Promise<number> => {
      meter.transport.drop(new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
      await bench.clock.advance(3000);
      const before = meter.transport.opens;
      const reading = meter.session.readGroups(['status']);
      await bench.clock.advance(waitMs);
      const opens = meter.transport.opens - before;
      await bench.clock.advanceUntil(reading, 50);
      return opens;
    };
    assert.deepEqual([await opensAfter(100), await opensAfter(100), await opensAfter(0)], [0, 1, 1]);
    answer = Promise.resolve('10.0.0.6');
    await opensAfter(0);
    assert.equal(bench.addressOf(), '10.0.0.6');
  });

  it('is looked up too where it is the name of a serial server', async () => {
    const bench = new MeterBench(() => Promise.resolve('10.0.0.7'));
    const meter = bench.acquire({ host: 'server.plant', transport: 'modbus-rtu-tcp', port: 4001 });
    await bench.read(meter);
    assert.equal(bench.addressOf(), '10.0.0.7');
    const unknown = new MeterBench(failing('ENOTFOUND'));
    assert.equal(
      await unknown.read(unknown.acquire({ host: 'server.plant', transport: 'modbus-rtu-tcp' })),
      'MODBUS_CONNECT_FAILED',
    );
  });

  it('is not taken for another device that got its last address meanwhile', async () => {
    let answer: Promise<string | undefined> = Promise.resolve(HOST);
    const bench = new MeterBench(() => answer);
    const meter = bench.acquire({ host: 'meter.plant' });
    await bench.read(meter);
    answer = failing('ENOTFOUND')();
    answer.catch(() => undefined);
    meter.transport.identity = { ...IDENTITY, serialNumber: 5 };
    meter.transport.drop(new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
    await bench.clock.advance(2000);
    assert.equal(await bench.read(meter), 'ENIP_REPLY_MISMATCH');
    await bench.clock.advance(10_000);
    assert.equal(await bench.read(meter), 'ENIP_CONNECT_FAILED', 'that address is forgotten');
    answer = Promise.resolve('10.0.0.6');
    meter.transport.identity = IDENTITY;
    await bench.clock.advance(10_000);
    assert.equal(await bench.read(meter), 'ok');
  });

  it('says what is wrong with a name that never had an address, and connects nowhere', async () => {
    const bench = new MeterBench(failing('ENOTFOUND'));
    const meter = bench.acquire({ host: 'meter.plant' });
    assert.equal(await bench.read(meter), 'ENIP_CONNECT_FAILED');
    assert.match(
      meter.session.state.error?.message ?? '',
      /^No connection to meter\.plant:44818: the host name is not known/,
    );
    const modbus = bench.acquire({ host: 'other.plant', transport: 'modbus-tcp' });
    assert.equal(await bench.read(modbus), 'MODBUS_CONNECT_FAILED');
    assert.deepEqual([meter.transport.opens, modbus.transport.opens], [0, 0]);
  });
});
