import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import pm500Sim from '../../nodes/pm500-sim';
import { isPortFree } from '../support/ports';
import { FakeRed, type FakeNode } from '../support/fake-red';
import { freePort } from '../support/ports';
import { waitFor } from '../support/wait';
import { RawClient } from '../simulator/raw-client';
import { registerFrame } from '../simulator/frames';

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
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: `${port}: 75.5 kW` });
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
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: `${port}: 3 meters` });
    for (const address of ['127.0.0.31', '127.0.0.32', '127.0.0.33']) {
      for (const open of [port, modbusPort]) await (await RawClient.open(open, address)).close();
    }
    await node.close();
    assert.deepEqual(node.errors, []);
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
      [{ addressing: 'name' }, /addressing is "name", expected one of port, address/],
      [{ modbusPort: 'x' }, /modbusPort is "x", expected a whole number from 1 to 65535/],
      [{ plcRpiMs: 50 }, /plcRpiMs is 50, expected a number from 100 to 10000 ms/],
      [{ load: 'csv', csvFile: '/no/such.csv' }, /^Load file \/no\/such\.csv cannot be read/],
    ] as const) {
      const node = create(properties);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
      assert.match(String(node.errors[0]), sentence);
    }
  });
});
