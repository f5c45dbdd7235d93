import assert from 'node:assert/strict';
import type { MeterTest } from '../../src/acquisition/meter-test/test-meter';
import type { Simulator } from '../../src/simulator/simulator';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { runHere } from './run-command';

describe('pm500 test', () => {
  let simulator: Simulator;
  let port: string;
  before(async () => {
    simulator = await startOneMeter({ serialNumber: 940_000_321 });
    port = String(simulator.meters[0]?.port);
  });
  after(() => simulator.close());
  const run = (...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('test', '127.0.0.1', '--port', port, ...args);

  it('says who answers and how fast, and what is in force', async () => {
    const { code, stdout, stderr } = await run();
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^127\\.0\\.0\\.1:${port} answers and can be read\\.\\n`));
    assert.match(stdout, /\n1420-V2-ENT, serial 940000321, firmware \d+\.\d+, round trip \d+\.\d ms\n/);
    assert.match(stdout, /every 200 ms/);
  });

  it('names the cause by its code and what to do, and ends with 1', async () => {
    const { code, stdout } = await run('--transport', 'listen-only', '--connections');
    assert.equal(code, 1);
    assert.match(stdout, /^NO_OWNER: There is nothing to listen to.+\nListen Only works while/);
    const json = await run('--transport', 'listen-only', '--connections', '--json');
    assert.equal((JSON.parse(json.stdout) as MeterTest).cause?.code, 'NO_OWNER');
  });

  it('ends with 2 for what cannot be asked', async () => {
    assert.equal((await runHere('test')).code, 2);
    const { code, stdout } = await runHere('test', 'meter one');
    assert.equal(code, 2);
    assert.match(stdout, /^SETTINGS_INVALID: .*"meter one"/);
  });

  it('shows its options', async () => {
    const { code, stdout } = await runHere('test', '--help');
    assert.equal(code, 0);
    assert.match(stdout, /--connections/);
  });
});
