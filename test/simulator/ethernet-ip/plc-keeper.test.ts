import assert from 'node:assert/strict';
import { ASSEMBLIES } from '../../../src/meters/pm500/assemblies';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator';
import { systemClock } from '../../../src/support/clock';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { DatagramRegistry } from '../../../src/transport/ethernet-ip/implicit/datagram-registry';
import { createImplicitTransport } from '../../../src/transport/ethernet-ip/implicit/implicit';
import { waitFor } from '../../../testkit/wait';
import { oneMeter, startOneMeter } from '../../../testkit/simulator/one-meter';
import { PM500 } from '../../../src/meters/pm500';

describe('a PLC beside a simulated meter', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startOneMeter({ plc: { rpiMs: 100 } }, { random: seededRandom(4) });
  });
  afterEach(() => simulator.close());

  it('owns every assembly, so that a listener may join', async () => {
    const meter = simulator.meters[0]!;
    assert.equal(meter.plcOwns, true);
    assert.deepEqual(
      meter.connections.map(({ kind, instance }) => [kind, instance]),
      ASSEMBLIES.map(({ instance }) => ['input-only', instance]),
    );
    const listener = createImplicitTransport(
      PM500,
      {
        host: meter.address,
        port: meter.port,
        mode: 'listen-only',
        rpiMs: 100,
        receivePort: 0,
        connectTimeoutMs: 2000,
        replyTimeoutMs: 2000,
      },
      { clock: systemClock, logger: silentLogger, random: seededRandom(5), datagrams: new DatagramRegistry() },
    );
    await listener.open();
    assert.equal((await listener.read({ kind: 'assembly', instance: 108, sizeBytes: 4 })).length, 4);
    await listener.close();
  });

  it('comes back by itself after the meter has forgotten its connections', async () => {
    const meter = simulator.meters[0]!;
    meter.dropConnections();
    await waitFor('the loss', () => meter.plcOwns === false, { everyMs: 10 });
    await waitFor('the PLC', () => meter.plcOwns === true && meter.connections.length === ASSEMBLIES.length, {
      everyMs: 20,
    });
  });
});

describe('PLCs that begin', () => {
  const meters = Array.from({ length: 12 }, (_, index) =>
    oneMeter({ serialNumber: 940_000_001 + index, seed: index, plc: { rpiMs: 100 } }),
  );

  it('own all of many meters when the simulator has started', async () => {
    const simulator = await startSimulator(PM500, { meters, random: seededRandom(4) });
    assert.ok(simulator.meters.every(({ plcOwns }) => plcOwns === true));
    await simulator.close();
  });

  it('are ended, with all meters, when nobody wants them any more', async () => {
    const ending = new AbortController();
    const random = seededRandom(4);
    // A PLC draws its identity when it begins its first attempt.
    const whenPlcBegins = (): number => {
      ending.abort();
      return random();
    };
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /^(TCP|UDP)/.test(name)).length;
    const before = sockets();
    await assert.rejects(startSimulator(PM500, { meters, random: whenPlcBegins, signal: ending.signal }), {
      code: 'ABORTED',
    });
    await waitFor('the sockets to be gone', () => sockets() <= before);
    await assert.rejects(startSimulator(PM500, { meters, signal: ending.signal }), { code: 'ABORTED' });
  });
});
