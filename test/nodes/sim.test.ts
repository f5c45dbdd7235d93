import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { DatagramRegistry } from '../../src/transport/ethernet-ip/implicit/datagram-registry';
import { createImplicitTransport } from '../../src/transport/ethernet-ip/implicit/implicit';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import pm500Sim from '../../nodes/pm500-sim';
import type { MeterState } from '../../src/simulator/control/control';
import { FAULTS } from '../../src/simulator/faults/fault-table';
import { isPortFree } from '../../testkit/servers/ports';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';
import { RawClient } from '../../testkit/simulator/raw-client';
import { registerFrame } from '../../testkit/simulator/frames';
import { PM500 } from '../../src/meters/pm500';

function create(properties: object): FakeNode {
  const red = new FakeRed();
  pm500Sim(red.api);
  return red.create('pm500-sim', { load: 'constant', ...properties });
}

const fillOf = (node: FakeNode): unknown => node.lastStatus?.fill;

describe('pm500-sim', () => {
  it('listens, shows port and power, and gives the port back when closed', async () => {
    const port = await freePort();
    const node = create({ port, activePowerKw: '75.5' });
    assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'ring', text: 'starting' });
    await waitFor('the simulated meter', () => fillOf(node) === 'green', { everyMs: 5 });
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: 'simulates 75.5 kW' });
    const client = await RawClient.open(port);
    assert.equal((await client.ask(registerFrame())).status, 0);
    await node.close();
    await client.closed;
    assert.equal(await isPortFree(port), true);
    assert.deepEqual(node.errors, []);
  });

  it('turns red and says that another program listens there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const node = create({ port });
    await waitFor('the refusal', () => fillOf(node) === 'red', { everyMs: 5 });
    assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'port in use' });
    assert.equal(node.errors.length, 1);
    assert.match(
      String(node.errors[0]),
      /^Another program, perhaps another simulator, already listens on TCP port \d+/,
    );
    await node.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('makes several meters with Modbus on consecutive addresses, each owned by a PLC', async () => {
    const port = await freePort();
    const modbusPort = await freePort();
    const node = create({ bind: '127.0.0.31', port, modbusPort, count: '3', addressing: 'address', plc: true });
    await waitFor('the simulated meters', () => fillOf(node) === 'green', { everyMs: 5 });
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: '3 simulated' });
    for (const address of ['127.0.0.31', '127.0.0.32', '127.0.0.33']) {
      for (const open of [port, modbusPort]) await (await RawClient.open(open, address)).close();
    }
    await node.close();
    assert.deepEqual(node.errors, []);
  });

  it('lets others listen in the way that is chosen, and in no other', async () => {
    const port = await freePort();
    const node = create({ port, plc: true, plcDelivery: 'point-to-point', listenOnly: 'point-to-point' });
    await waitFor('the simulated meter', () => fillOf(node) === 'green', { everyMs: 5 });
    const listen = async (delivery: 'multicast' | 'point-to-point'): Promise<number> => {
      const listener = createImplicitTransport(
        PM500,
        {
          host: '127.0.0.1',
          port,
          mode: 'listen-only',
          rpiMs: 500,
          delivery,
          receivePort: 0,
          connectTimeoutMs: 2000,
          replyTimeoutMs: 2000,
        },
        { clock: systemClock, logger: silentLogger, random: seededRandom(5), datagrams: new DatagramRegistry() },
      );
      try {
        await listener.open();
        return (await listener.read({ kind: 'assembly', instance: 108, sizeBytes: 4 })).length;
      } finally {
        await listener.close();
      }
    };
    assert.equal(await listen('point-to-point'), 4);
    await assert.rejects(listen('multicast'));
    await node.close();
  });

  it('begins and ends faults by message, and tells and shows them', async () => {
    const port = await freePort();
    const node = create({ port, fault: 'frozen' });
    await waitFor('the simulated meter', () => fillOf(node) === 'yellow' && node.statuses.length > 1, { everyMs: 5 });
    assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text: 'frozen' });
    const { sent, error } = await node.receive({ payload: { fault: 'delay', delayMs: 40, durationMs: 60_000 } });
    assert.equal(error, undefined);
    const state = sent[0]?.payload as MeterState;
    assert.deepEqual(
      state.faults.map(({ name }) => name),
      ['frozen', 'delay'],
    );
    assert.deepEqual([state.port, state.serialNumber], [port, 940_000_001]);
    assert.equal(node.lastStatus.text, 'frozen +1');
    await node.receive({ payload: { clear: true } });
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: 'simulates 100 kW' });
    const wrong = await node.receive({ payload: { fault: 'flood' } });
    assert.match(String(wrong.error), /fault is "flood", expected one of/);
    await node.close();
    assert.deepEqual(node.errors, []);
  });

  it('names every fault with its parameters in its help', () => {
    const help = readFileSync('nodes/pm500-sim/help.en-US.html', 'utf8').replaceAll(/\s+/g, ' ');
    for (const { name, does, parameters } of FAULTS) {
      assert.ok(help.includes(`<dt>${name}`) && help.includes(does), name);
      for (const parameter of parameters) assert.ok(help.includes(`<code>${parameter.name}</code>`), parameter.name);
    }
  });

  it('may be closed while it starts', async () => {
    const port = await freePort();
    const node = create({ port });
    await node.close();
    assert.equal(await isPortFree(port), true);
  });

  it('says in one sentence what is wrong with its configuration', () => {
    for (const [properties, sentence] of [
      [{ port: 0 }, /port is 0, expected a whole number from 1 to 65535/],
      [{ serialNumber: 5 }, /serialNumber is 5, expected a whole number from 940000000 to 950000000/],
      [{ catalogNumber: 'x' }, /catalogNumber is "x", expected one of 1420-V1-ENT/],
      [{ load: 'wild' }, /load is "wild", expected one of csv, daily, constant/],
      [{ speed: 0 }, /speed is 0, expected a number from/],
      [{ count: 300 }, /count is 300, expected a whole number from 1 to 250/],
      [{ count: 2, addressing: 'name' }, /addressing is "name", expected one of port, address/],
      [{ modbusPort: 'x' }, /modbusPort is "x", expected a whole number from 1 to 65535/],
      [{ fault: 'flood' }, /fault is "flood", expected one of/],
      [{ plc: true, plcRpiMs: 50 }, /plcRpiMs is 50, expected a number from 100 to 10000 ms/],
      [{ load: 'csv', csvFile: '/no/such.csv' }, /^Load file \/no\/such\.csv cannot be read/],
    ] as const) {
      const node = create(properties);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
      assert.match(String(node.errors[0]), sentence);
    }
  });
});
