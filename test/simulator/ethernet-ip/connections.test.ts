import assert from 'node:assert/strict';
import { systemClock } from '../../../src/support/clock';
import { hasCode } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { startPlcOriginator } from '../../../src/simulator/ethernet-ip/plc-originator';
import { constantProfile } from '../../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../../src/simulator/simulator';
import { createConnectedTransport } from '../../../src/transport/ethernet-ip/explicit/connected';
import { DatagramRegistry } from '../../../src/transport/ethernet-ip/implicit/datagram-registry';
import { createImplicitTransport, type ImplicitSettings } from '../../../src/transport/ethernet-ip/implicit/implicit';
import type { Transport } from '../../../src/transport/transport';
import { rejectsWith } from '../../../testkit/expect-error';
import { STATES, VOLTAGES } from '../../../testkit/meters/explicit-bench';
import { waitFor } from '../../../testkit/wait';
import { startOneMeter } from '../../../testkit/simulator/one-meter';
import { PM500 } from '../../../src/meters/pm500';

describe('simulated meter with CIP connections', () => {
  const transports: Transport[] = [];
  const dependencies = { clock: systemClock, logger: silentLogger, random: seededRandom(7) };
  let simulator: Simulator;
  let meter: Simulator['meters'][number];

  const implicit = (settings: Partial<ImplicitSettings> = {}): Transport => {
    const transport = createImplicitTransport(
      PM500,
      {
        host: '127.0.0.1',
        port: meter.port,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        mode: 'input-only',
        rpiMs: 100,
        timeoutMultiplier: 4,
        receivePort: 0,
        ...settings,
      },
      { ...dependencies, datagrams: new DatagramRegistry() },
    );
    transports.push(transport);
    return transport;
  };
  const plc = (): ReturnType<typeof startPlcOriginator> =>
    startPlcOriginator(
      PM500,
      { host: '127.0.0.1', port: meter.port, blocks: [VOLTAGES], rpiMs: 100, timeoutMultiplier: 4 },
      dependencies,
    );
  const closed = (transport: Transport): Promise<unknown> =>
    new Promise((resolve) => {
      transport.onState(({ state, error }) => {
        if (state === 'closed') resolve(error);
      });
    });

  beforeEach(async () => {
    simulator = await startOneMeter({ load: constantProfile(50_000) });
    meter = simulator.meters[0]!;
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await simulator.close();
  });

  it('produces assemblies for an Input Only connection until it is closed', async () => {
    const transport = implicit();
    await transport.open();
    assert.equal((await transport.read(VOLTAGES)).length, 48);
    assert.equal((await transport.read(STATES)).length, 4);
    assert.deepEqual(
      meter.connections.map(({ kind, instance }) => [kind, instance]),
      [
        ['input-only', 101],
        ['input-only', 108],
      ],
    );
    await transport.close();
    assert.deepEqual(meter.connections, []);
    assert.equal(meter.stats.services[0x4e], 2);
  });

  it('serves several originators at once, class 1 and class 3', async () => {
    const explicit = createConnectedTransport(
      { host: '127.0.0.1', port: meter.port, connectTimeoutMs: 4000, replyTimeoutMs: 4000 },
      dependencies,
    );
    transports.push(explicit);
    const others = [implicit(), implicit()];
    await Promise.all([explicit, ...others].map((transport) => transport.open()));
    const results = await Promise.all([explicit, ...others].map((transport) => transport.read(VOLTAGES)));
    assert.deepEqual(
      results.map(({ length }) => length),
      [48, 48, 48],
    );
    assert.deepEqual(meter.connections.map(({ kind }) => kind).sort(), ['input-only', 'input-only', 'message-router']);
    await explicit.close();
    assert.equal(meter.connections.length, 2);
  });

  it('lets nobody listen without an owner, and ends listeners with it', async () => {
    const listener = implicit({ mode: 'listen-only' });
    await listener.open();
    const refused = closed(listener);
    await rejectsWith(listener.read(VOLTAGES), 'ENIP_NO_OWNER');
    assert.ok(hasCode(await refused, 'ENIP_NO_OWNER'));
    const owner = await plc();
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    const silent = closed(listener);
    await owner.close();
    assert.deepEqual(meter.connections, []);
    assert.ok(hasCode(await silent, 'ENIP_REPLY_TIMEOUT'));
  });

  it('notices that an owner has died when its heartbeats stay out', async () => {
    const owner = await plc();
    const listener = implicit({ mode: 'listen-only' });
    await listener.open();
    await listener.read(VOLTAGES);
    const silent = closed(listener);
    await owner.die();
    assert.equal(meter.connections.length, 2, 'the meter cannot know yet');
    assert.ok(hasCode(await silent, 'ENIP_REPLY_TIMEOUT'));
    await waitFor('the meter to forget both', () => meter.connections.length === 0);
  });

  it('auto listens beside an owner, and reads on its own only when allowed', async () => {
    const careful = implicit({ mode: 'auto' });
    await careful.open();
    await rejectsWith(careful.read(VOLTAGES), 'ENIP_NO_OWNER');
    const allowed = implicit({ mode: 'auto', allowInputOnly: true });
    await allowed.open();
    await allowed.read(VOLTAGES);
    assert.deepEqual(
      meter.connections.map(({ kind }) => kind),
      ['input-only'],
    );
    await careful.open();
    await careful.read(VOLTAGES);
    assert.deepEqual(
      meter.connections.map(({ kind }) => kind),
      ['input-only', 'listen-only'],
    );
  });

  it('sends one multicast to all who joined', async () => {
    await simulator.close();
    simulator = await startOneMeter({
      multicast: { address: '239.192.1.77', port: 22_277 },
      load: constantProfile(50_000),
    });
    meter = simulator.meters[0]!;
    const [owner, listener] = [implicit({ delivery: 'multicast' }), implicit({ mode: 'listen-only' })];
    await owner.open();
    await owner.read(VOLTAGES);
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    const { multicast, pointToPoint, groups } = listener.traffic!;
    assert.deepEqual(
      { multicast, pointToPoint, groups },
      { multicast: 1, pointToPoint: 0, groups: ['239.192.1.77:22277'] },
    );
    await owner.close();
    assert.deepEqual(meter.connections, []);
  });

  it('has room for 18 connections', async () => {
    const many = Array.from({ length: 19 }, () => implicit());
    for (const transport of many) await transport.open();
    for (const transport of many.slice(0, 18)) await transport.read(STATES);
    await rejectsWith(many[18]!.read(STATES), 'ENIP_CONNECTION_LIMIT');
    assert.equal(meter.connections.length, 18);
    assert.equal(many[18]!.state, 'closed');
  });
});
