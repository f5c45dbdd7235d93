import assert from 'node:assert/strict';
import { HOST, MeterBench } from '../../testkit/meters/meter-bench';

describe('one physical meter, two protocols', () => {
  it('whoever came first keeps the meter, and the other one hears who has it', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    const modbus = bench.acquire({ transport: 'modbus-tcp' });
    assert.equal(await bench.read(enip), 'ok');
    assert.equal(await bench.read(modbus), 'METER_PROTOCOL_BUSY');
    assert.match(modbus.session.state.error?.message ?? '', /^The meter 10\.0\.0\.5 is in use over EtherNet\/IP, /);
    assert.equal(modbus.transport.opens, 0, 'not a byte was sent');
    await enip.release();
    await bench.clock.advance(300);
    assert.equal(await bench.read(modbus), 'ok', 'there was no attempt, so there is nothing to wait for');
    assert.equal(await bench.read(bench.acquire({ name: 'again' })), 'METER_PROTOCOL_BUSY');
  });

  it('Modbus that nobody uses any more makes room', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    const modbus = bench.acquire({ transport: 'modbus-tcp' });
    await bench.read(modbus);
    await bench.clock.advance(9000);
    assert.equal(await bench.read(enip), 'METER_PROTOCOL_BUSY');
    await bench.clock.advance(1000);
    assert.deepEqual([modbus.session.state.kind, modbus.transport.state], ['idle', 'closed']);
    assert.equal(await bench.read(enip), 'ok');
    await Promise.all([enip.release(), modbus.release()]);
    assert.equal(bench.clock.pending, 0);
  });

  it('a meter that any configuration marks as shared with a PLC refuses Modbus TCP', async () => {
    const bench = new MeterBench();
    const marked = bench.acquire({ sharedWithPlc: true });
    const modbus = bench.acquire({ transport: 'modbus-tcp', name: 'diagnosis' });
    assert.equal(await bench.read(modbus), 'METER_SHARED_WITH_PLC');
    assert.equal(modbus.transport.opens, 0);
    await marked.release();
    await bench.clock.advance(200);
    assert.equal(await bench.read(modbus), 'ok');
    const own = bench.acquire({ transport: 'modbus-tcp', host: '10.0.0.6', sharedWithPlc: true });
    assert.equal(await bench.read(own), 'METER_SHARED_WITH_PLC');
  });

  it('a maintenance window closes EtherNet/IP before Modbus begins, and gives the meter back', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({ sharedWithPlc: true });
    const modbus = bench.acquire({ transport: 'modbus-tcp', sharedWithPlc: true });
    await bench.read(enip);
    await bench.clock.advance(200);
    enip.transport.readTakesMs = 100;
    enip.transport.closeTakesMs = 40;
    const underWay = enip.session.readGroups(['status']);
    await bench.clock.advance(10);
    modbus.session.openMaintenanceWindow(60_000);
    assert.equal(enip.session.maintenanceLeftMs, 60_000);
    const first = modbus.session.readGroups(['status']);
    await bench.clock.advance(30);
    assert.equal(modbus.transport.opens, 0, 'the EtherNet/IP connection is still being closed');
    await bench.clock.advance(100);
    assert.equal((await underWay).blocks[0]?.error?.code, 'METER_PROTOCOL_BUSY');
    assert.match((await underWay).blocks[0]?.error?.message ?? '', /^A maintenance window for Modbus is open/);
    assert.equal((await first).blocks[0]?.error, undefined);
    assert.equal(await bench.read(enip), 'METER_PROTOCOL_BUSY');
    assert.equal(enip.transport.opens, 1);
    await bench.clock.advance(30_000);
    assert.equal(await bench.read(modbus), 'ok');
    await bench.clock.advance(30_000);
    assert.equal(await bench.read(modbus), 'METER_SHARED_WITH_PLC');
    assert.equal(modbus.transport.state, 'closed');
    enip.transport.readTakesMs = 5;
    assert.equal(await bench.read(enip), 'ok', 'it comes back by itself');
    assert.equal(enip.session.diagnostics.reconnects, 1);
  });

  it('a window can be closed before its time', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    const modbus = bench.acquire({ transport: 'modbus-tcp', sharedWithPlc: true });
    modbus.session.openMaintenanceWindow(60_000);
    assert.equal(await bench.read(modbus), 'ok');
    enip.session.closeMaintenanceWindow();
    assert.equal(modbus.session.maintenanceLeftMs, 0);
    assert.equal(modbus.session.state.error?.code, 'METER_PROTOCOL_BUSY');
    assert.equal(await bench.read(enip), 'ok');
    assert.throws(
      () => {
        modbus.session.openMaintenanceWindow(0);
      },
      { code: 'CONFIG_INVALID' },
    );
  });

  it('takes the meter back from an attempt to connect, too', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    enip.transport.openTakesMs = 1000;
    const reading = enip.session.readGroups(['status']);
    await bench.clock.advance(500);
    enip.session.openMaintenanceWindow(5000);
    await bench.clock.advance(1000);
    assert.equal((await reading).blocks[0]?.error?.code, 'METER_PROTOCOL_BUSY');
    assert.equal(enip.transport.state, 'closed');
    assert.equal(await bench.read(bench.acquire({ transport: 'modbus-tcp' })), 'ok');
  });

  it('a serial line disturbs nobody: it runs beside EtherNet/IP and needs no window', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    const serial = bench.acquire({ transport: 'modbus-rtu', host: '/dev/ttyS0' });
    assert.deepEqual([await bench.read(enip), await bench.read(serial)], ['ok', 'ok']);
    assert.throws(
      () => {
        serial.session.openMaintenanceWindow(1000);
      },
      {
        code: 'CONFIG_INVALID',
        message: /needs no maintenance window/,
      },
    );
    assert.equal(serial.session.maintenanceLeftMs, 0);
  });

  it('knows a meter however its address is written, and tells simulated ones of one address apart', async () => {
    const addresses: Record<string, string> = { 'incomer.plant': HOST };
    const bench = new MeterBench((name) => Promise.resolve(addresses[name]));
    await bench.read(bench.acquire({}));
    const named = bench.acquire({ transport: 'modbus-tcp', host: 'Incomer.Plant' });
    assert.equal(await bench.read(named), 'METER_PROTOCOL_BUSY');
    await bench.read(bench.acquire({ host: '127.0.0.1', port: 44_818 }));
    const same = bench.acquire({ transport: 'modbus-tcp', host: 'localhost', port: 5020 });
    const beside = bench.acquire({ transport: 'modbus-tcp', host: 'localhost', port: 5021, enipPort: 44_819 });
    assert.deepEqual([await bench.read(same), await bench.read(beside)], ['METER_PROTOCOL_BUSY', 'ok']);
  });

  it('a window that was opened by name holds when the name turns out to be the address', async () => {
    const bench = new MeterBench(() => Promise.resolve(HOST));
    const enip = bench.acquire({});
    await bench.read(enip);
    const named = bench.acquire({ transport: 'modbus-tcp', host: 'incomer.plant', sharedWithPlc: true });
    named.session.openMaintenanceWindow(60_000);
    assert.equal(await bench.read(named), 'ok');
    await bench.clock.advance(200);
    assert.equal(enip.session.maintenanceLeftMs, named.session.maintenanceLeftMs);
    assert.equal(await bench.read(enip), 'METER_PROTOCOL_BUSY');
  });

  it('a connection that is closed while it waits for its turn opens nothing and holds nothing', async () => {
    const bench = new MeterBench();
    const enip = bench.acquire({});
    const modbus = bench.acquire({ transport: 'modbus-tcp' });
    await bench.read(enip);
    enip.transport.closeTakesMs = 100;
    modbus.session.openMaintenanceWindow(60_000);
    const reading = modbus.session.readGroups(['status']);
    await bench.clock.advance(10);
    await modbus.release();
    await bench.clock.advance(200);
    assert.equal((await reading).blocks[0]?.error?.code, 'METER_CLOSED');
    assert.equal(modbus.transport.opens, 0);
    enip.session.closeMaintenanceWindow();
    assert.equal(await bench.read(enip), 'ok');
  });
});
