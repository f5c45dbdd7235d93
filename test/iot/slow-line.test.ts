import assert from 'node:assert/strict';
import dns from 'node:dns';
import * as http from 'node:http';
import { createAgent } from '../../src/influx/agent';
import { connectMqtt } from '../../src/mqtt/mqtt-connect';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import type { BrokerSettings } from '../../src/mqtt/mqtt-options';
import { systemClock } from '../../src/support/clock';
import type { Pm500Error } from '../../src/support/errors';
import { StuckServer } from '../../testkit/links/stuck-server';

const NAME = 'far.test';
const ADDRESSES = [
  { address: '127.0.0.1', family: 4 },
  // Where nothing listens, as a server with IPv6 is for a site that has none.
  { address: '::1', family: 6 },
] as const;

/**
 * A server whose name has an address of each kind, behind a line that takes a second for the first answer: longer than Node.js
 * gives an address by itself.
 */
describe('a name with several addresses behind a slow line', function () {
  this.timeout(30_000);
  const { lookup } = dns;
  let server: StuckServer;
  let asked: Promise<void>;

  beforeEach(async () => {
    server = await StuckServer.open();
    asked = new Promise((resolve) => {
      const told = (_name: string, _options: object, done: (error: null, addresses: unknown) => void): void => {
        done(null, ADDRESSES);
        // The first attempt has begun by then.
        setImmediate(resolve);
      };
      dns.lookup = told as typeof dns.lookup;
    });
  });

  afterEach(async () => {
    dns.lookup = lookup;
    await server.close();
  });

  for (const [way, more] of [
    ['MQTT', {}],
    ['MQTT over TLS', { tls: { rejectUnauthorized: true } }],
    ['MQTT over WebSocket', { webSocketPath: '/mqtt' }],
  ] as const satisfies readonly (readonly [string, Partial<BrokerSettings>])[]) {
    it(`is reached by ${way}`, async () => {
      const at = { host: NAME, port: server.port, clientId: 'edge', keepAliveSeconds: 60, connectTimeoutMs: 10_000 };
      const ended = new Promise<Pm500Error | undefined>((resolve) => {
        createOpenLink(connectMqtt, systemClock)({ ...at, ...more }, undefined, {
          onConnecting: () => undefined,
          onConnected: () => undefined,
          onMessage: () => undefined,
          onDrained: () => undefined,
          onClosed: resolve,
        });
      });
      await asked;
      server.goOn();
      const error = await ended;
      // It ends whoever comes, so that it was there.
      assert.notEqual(error?.code, 'MQTT_UNREACHABLE', error?.message);
    });
  }

  it('that a firewall keeps from answering is told as that, and not as a broker that says nothing', async () => {
    for (const tls of [undefined, { rejectUnauthorized: true }]) {
      const at = { host: NAME, port: server.port, clientId: 'edge', keepAliveSeconds: 60, connectTimeoutMs: 500 };
      const error = await new Promise<Pm500Error | undefined>((resolve) => {
        createOpenLink(connectMqtt, systemClock)({ ...at, ...(tls === undefined ? {} : { tls }) }, undefined, {
          onConnecting: () => undefined,
          onConnected: () => undefined,
          onMessage: () => undefined,
          onDrained: () => undefined,
          onClosed: resolve,
        });
      });
      assert.equal(error?.code, 'MQTT_UNREACHABLE');
      assert.match(error.message, new RegExp(`neither yes nor no; .*firewall .* lets TCP port ${server.port} pass`));
    }
  });

  it('is reached by HTTP', async () => {
    const agent = createAgent(new URL(`http://${NAME}:${server.port}`), undefined, 1, undefined);
    const ended = new Promise<NodeJS.ErrnoException>((resolve) => {
      http.get({ host: NAME, port: server.port, agent }).on('error', resolve);
    });
    await asked;
    server.goOn();
    assert.equal((await ended).code, 'ECONNRESET');
    agent.destroy();
  });
});
