import assert from 'node:assert/strict';
import { parseTelemetry } from '../../src/domain/parse-message';
import { CATALOGUE } from '../../src/meter/catalogue';
import { dailyProfile } from '../../src/simulator/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { runHere } from './run-command';

describe('pm500 read over every transport of EtherNet/IP', () => {
  let simulator: Simulator;
  let port: string;
  before(async () => {
    const load = dailyProfile(300_000, 1);
    const meter = {
      bind: '127.0.0.1',
      enipPort: 0,
      catalogNumber: '1420-V2-ENT',
      serialNumber: 940_000_001,
      seed: 1,
      load,
    };
    simulator = await startSimulator({ meters: [meter] });
    port = String(simulator.meters[0]?.port);
  });
  after(() => simulator.close());

  const read = (...args: readonly string[]) => runHere('read', '127.0.0.1', '--port', port, ...args);

  for (const transport of ['ucmm', 'class3', 'input-only', 'auto']) {
    it(`${transport} brings every metric of every group`, async () => {
      const { code, stdout, stderr } = await read('--transport', transport, '--rpi', '100', '--json');
      assert.deepEqual([code, stderr], [0, '']);
      const { metrics } = parseTelemetry(JSON.parse(stdout));
      assert.deepEqual(Object.keys(metrics).sort(), CATALOGUE.map(({ name }) => name).sort());
      assert.ok(Object.values(metrics).every(({ value, quality }) => value !== null && quality !== 'bad'));
    });
  }

  it('listen-only says in one sentence that nobody owns the meter', async () => {
    const { code, stderr } = await read('--transport', 'listen-only', '--group', 'status');
    assert.equal(code, 1);
    assert.match(stderr, /^[^\n]+no other connection to listen to[^\n]+\n$/);
  });

  it('refuses a transport that does not exist and an interval that the meter does not bear', async () => {
    assert.deepEqual(await read('--transport', 'owner'), {
      code: 2,
      stdout: '',
      stderr: 'Option --transport is "owner"; choose one of ucmm, class3, input-only, listen-only, auto.\n',
    });
    assert.match(
      (await read('--transport', 'auto', '--rpi', '50')).stderr,
      /^Option --rpi is "50"; give a number from 100 to 60000\.\n$/,
    );
  });
});
