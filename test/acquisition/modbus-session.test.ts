import { READING } from '../../src/domain/messages/reading';
import assert from 'node:assert/strict';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { delay } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import type { AssemblyBlock } from '../../src/transport/transport';
import { MeterBench, PRODUCT } from '../../testkit/meters/meter-bench';
import { PM500 } from '../../src/meters/pm500';

const TCP = { transport: 'modbus-tcp' } as const;

describe('a meter over Modbus', () => {
  it('gives readings whose blocks name registers, without the groups that have none', async () => {
    const bench = new MeterBench();
    const { session } = bench.acquire({ ...TCP, name: 'incomer' });
    assert.deepEqual(session.groups, ['realtime', 'energy', 'status', 'product']);
    for (let cycle = 0; cycle < 2; cycle++) {
      const reading = session.readGroups(['status', 'energy', 'demand', 'maximum']);
      await bench.clock.advance(300);
      const { blocks, layout, meter } = READING.parse(JSON.parse(JSON.stringify(await reading)));
      assert.deepEqual(
        blocks.map(({ assembly, register, group }) => [assembly, register, group]),
        [
          [undefined, 301_281, 'energy'],
          [undefined, 316_385, 'status'],
        ],
      );
      assert.deepEqual([layout.name, meter.firmware], ['Modbus registers', 'A.7']);
    }
    assert.deepEqual(bench.notes, [
      'Meter "incomer": its register table has nothing in demand, maximum, which is left out.',
    ]);
  });

  it('refuses groups of which no registers are known, and assemblies', async () => {
    const { session } = new MeterBench().acquire(TCP);
    assert.throws(
      () => {
        session.checkGroups(['demand']);
      },
      { code: 'CONFIG_INVALID', message: /nothing in demand; choose from realtime, energy/ },
    );
    await assert.rejects(session.read([101]), { code: 'CONFIG_INVALID', message: /no assembly 101; name groups/ });
  });

  it('marks the readings of a model that is not the configured one, and says so once', async () => {
    const bench = new MeterBench();
    const meter = bench.acquire({ ...TCP, catalogNumber: '1420-V1-ENT' });
    await bench.read(meter);
    await bench.clock.advance(20_000);
    await bench.read(meter);
    const reading = meter.session.readGroups(['status']);
    assert.equal((await reading).meter.identityMismatch, true);
    assert.equal(bench.warnings.length, 1);
    assert.match(bench.warnings.join(), /has firmware "A\.7", but that of a 1420-V1-ENT begins with B/);
    const fitting = bench.acquire({ ...TCP, host: '10.0.0.6', catalogNumber: '1420-V2A-ENT' });
    fitting.transport.identity = PRODUCT;
    await bench.read(fitting);
    assert.equal(bench.warnings.length, 1);
  });

  it('warns of units of one serial line that are set differently', () => {
    const bench = new MeterBench();
    bench.acquire({ transport: 'modbus-rtu', host: '/dev/ttyS0', unitId: 1 });
    bench.acquire({ transport: 'modbus-rtu', host: '/dev/ttyS0', unitId: 2 });
    assert.deepEqual(bench.warnings, []);
    bench.acquire({ transport: 'modbus-rtu', host: '/dev/ttyS0', unitId: 3, baudRate: 19_200 });
    assert.match(bench.warnings.join(), /Serial port \/dev\/ttyS0 is configured with 9600 baud.*set alike/);
    assert.equal(bench.transports.length, 3);
  });

  it('refuses settings that no meter has', () => {
    const choice = { name: 'incomer', host: '/dev/ttyS0', transport: 'modbus-rtu' } as const;
    assert.throws(() => settingsOf(PM500, { ...choice, unitId: 0 }), {
      code: 'CONFIG_INVALID',
      message: /from 1 to 247/,
    });
    assert.throws(() => settingsOf(PM500, { ...choice, baudRate: 300 }), { code: 'CONFIG_INVALID' });
    assert.throws(() => settingsOf(PM500, { ...choice, parity: 'mark' }), { code: 'CONFIG_INVALID' });
    assert.throws(() => settingsOf(PM500, { ...choice, catalogNumber: '1420-V9' }), { code: 'CONFIG_INVALID' });
  });
});

describe('how a connection fares, as data', () => {
  it('counts reads, shared answers, failures by code and timeouts, and says since when values are stale', async () => {
    const bench = new MeterBench();
    const meter = bench.acquire({});
    assert.deepEqual([meter.session.diagnostics.state, meter.session.staleSince], ['idle', undefined]);
    await bench.read(meter);
    await bench.read(meter);
    const goodAt = meter.session.diagnostics.lastGoodAt;
    await bench.clock.advance(300);
    meter.transport.readError = new Pm500Error('ENIP_REPLY_TIMEOUT', 'No reply.');
    assert.equal(await bench.read(meter), 'ENIP_REPLY_TIMEOUT');
    const { reads, coalesced, failed, failures, timeouts, connects, latency, staleSince } = meter.session.diagnostics;
    assert.deepEqual([reads, coalesced, failed, timeouts, connects], [1, 1, 1, 1, 1]);
    assert.deepEqual(failures, { ENIP_REPLY_TIMEOUT: 1 });
    assert.deepEqual([staleSince, meter.session.staleSince], [goodAt, goodAt]);
    assert.equal(latency.counts.length, latency.edgesMs.length + 1);
    assert.deepEqual([latency.counts[latency.edgesMs.indexOf(5)], latency.maxMs], [1, 5]);
    meter.transport.readError = undefined;
    await bench.clock.advance(300);
    await bench.read(meter);
    assert.equal(meter.session.staleSince, undefined);
  });

  it('stamps data that came by itself with the time of its frame, and calls its age its latency', async () => {
    const bench = new MeterBench();
    const meter = bench.acquire({ transport: 'input-only', rpiMs: 100 });
    const { clock } = bench;
    Object.assign(meter.transport, {
      receive: () => Promise.resolve({ bytes: new Uint8Array(4), arrivedAt: clock.monotonic() - 80 }),
    });
    const now = clock.now();
    const reading = await meter.session.readGroups(['status']);
    assert.deepEqual([reading.timestamp - now, reading.blocks[0]?.latencyMs], [-80, 80]);
  });

  it('waits for all blocks that the meter sends by itself at once, not for one after the other', async () => {
    const bench = new MeterBench();
    const meter = bench.acquire({ transport: 'input-only', rpiMs: 1000 });
    const { clock } = bench;
    let asked = 0;
    Object.assign(meter.transport, {
      receive: async ({ sizeBytes }: AssemblyBlock) => {
        asked++;
        await delay(clock, 1000);
        return { bytes: new Uint8Array(sizeBytes), arrivedAt: clock.monotonic() };
      },
    });
    const reading = meter.session.readGroups(meter.session.groups);
    await clock.advance(1000);
    await clock.advance(1000);
    const { blocks } = await reading;
    assert.equal(asked, blocks.length);
    assert.equal(blocks.length, 9);
    assert.ok(blocks.every(({ error }) => error === undefined));
  });
});
