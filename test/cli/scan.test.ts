import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Simulator } from '../../src/simulator/simulator';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { runHere } from './run-command';

describe('pm500 scan', () => {
  let simulator: Simulator;
  let port: string;
  before(async () => {
    simulator = await startOneMeter({ catalogNumber: '1420-V2A-ENT', serialNumber: 940_000_321 });
    port = String(simulator.meters[0]?.port);
  });
  after(() => simulator.close());

  it('shows address, catalog number, serial and revision of each device that answers', async () => {
    const { code, stdout, stderr } = await runHere('scan', '127.0.0.1', '--port', port, '--timeout', '300');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^ADDRESS +CATALOG +SERIAL +REVISION +PRODUCT\n/);
    assert.match(
      stdout,
      new RegExp(`127\\.0\\.0\\.1:${port} +1420-V2A-ENT +940000321 +\\d+\\.\\d+ +PowerMonitor 500\\n`),
    );
  });

  it('asks this computer too when no address is given, and says where it asked', async () => {
    const { code, stdout, stderr } = await runHere('scan', '--port', port, '--timeout', '500');
    assert.equal(code, 0);
    assert.match(stdout, /940000321/);
    assert.match(stderr, /^Asked .*127\.0\.0\.1 \(this computer\).*\.\n$/);
  });

  it('prints one line of JSON per device', async () => {
    const { stdout } = await runHere('scan', '127.0.0.1', '--port', port, '--timeout', '300', '--json');
    const device = JSON.parse(stdout) as { serialNumber: number; isPowerMonitor: boolean };
    assert.deepEqual([device.serialNumber, device.isPowerMonitor], [940_000_321, true]);
  });

  it('says so and ends with 1 when nobody answers', async () => {
    const { code, stdout, stderr } = await runHere('scan', '127.0.0.99', '--port', port, '--timeout', '100');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^No device answered within 100 ms; check cable, network and UDP port \d+\.\n$/);
  });

  it('tells of an answer that cannot be read instead of saying that nobody answered', async () => {
    const device = createSocket('udp4');
    device.on('message', (_bytes, { port: from, address }) => {
      device.send('not an identity', from, address);
    });
    device.bind(0, '127.0.0.1');
    await once(device, 'listening');
    const where = ['127.0.0.1', '--port', String(device.address().port)];
    const { code, stdout, stderr } = await runHere('scan', ...where, '--timeout', '300');
    device.close();
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^List Identity of 127\.0\.0\.1: .+\n$/);
    assert.doesNotMatch(stderr, /No device answered/);
  });

  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['meter-1'], /^Address "meter-1" is no IPv4 address; write it like 192\.168\.1\.10\.\n$/],
    [
      ['10.0.0.0/8'],
      /^"10\.0\.0\.0\/8" is a range, .* give the broadcast address of the network, 10\.255\.255\.255\.\n$/,
    ],
    [['192.168.5.17/20'], /^"192\.168\.5\.17\/20" is a range, .* network, 192\.168\.15\.255\.\n$/],
    [['10.0.0.1/32'], /^Address "10\.0\.0\.1\/32" is no IPv4 address/],
    [['10.0.0.1-20'], /^Address "10\.0\.0\.1-20" is no IPv4 address/],
    [['--interface', 'nowhere0'], /^There is no network interface "nowhere0"; choose from .+\.\n$/],
    [['127.0.0.1', '--interface', 'lo'], /do not go together/],
    [['--timeout', '5'], /^Option --timeout is "5"; give a number from 100 to 60000\.\n$/],
  ];
  for (const [args, sentence] of refusals) {
    it(`refuses ${args.join(' ')} with one sentence and 2`, async () => {
      const { code, stdout, stderr } = await runHere('scan', ...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, sentence);
    });
  }
});
