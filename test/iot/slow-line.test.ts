import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import * as http from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createAgent } from '../../src/influx/agent';
import { systemQuestions } from '../../src/mqtt/ask-port';
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
      assert.match(error.message, /firewall/);
    }
  });

  it('is reached by HTTP', async () => {
    const agent = createAgent(new URL(`http://${NAME}:${server.port}`), undefined, 1, undefined, 10_000);
    const ended = new Promise<NodeJS.ErrnoException>((resolve) => {
      http.get({ host: NAME, port: server.port, agent }).on('error', resolve);
    });
    await asked;
    server.goOn();
    assert.equal((await ended).code, 'ECONNRESET');
    agent.destroy();
  });

  describe('of which the first one is dead', () => {
    let living: Server;

    beforeEach(async () => {
      dns.lookup = lookup;
      living = createServer((socket) => socket.destroy()).listen(server.port, '127.0.0.2');
      await once(living, 'listening');
      dns.lookup = ((_name: string, _options: object, done: (error: null, addresses: unknown) => void): void => {
        done(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]);
      }) as typeof dns.lookup;
    });

    afterEach(async () => {
      living.close();
      await once(living, 'close');
    });

    // Less than one attempt may take where there is time.
    for (const patienceMs of [1500, 2500]) {
      it(`is reached within ${patienceMs} ms`, async () => {
        const at = { host: NAME, port: server.port, clientId: 'edge', keepAliveSeconds: 60 };
        const error = await new Promise<Pm500Error | undefined>((resolve) => {
          createOpenLink(connectMqtt, systemClock)({ ...at, connectTimeoutMs: patienceMs }, undefined, {
            onConnecting: () => undefined,
            onConnected: () => undefined,
            onMessage: () => undefined,
            onDrained: () => undefined,
            onClosed: resolve,
          });
        });
        assert.notEqual(error?.code, 'MQTT_UNREACHABLE', error?.message);
        const signal = new AbortController().signal;
        assert.equal(await systemQuestions(systemClock, patienceMs).askTls(at, signal), 'others');
        const agent = createAgent(new URL(`http://${NAME}:${server.port}`), undefined, 1, undefined, patienceMs);
        const ended = await new Promise<NodeJS.ErrnoException>((resolve) => {
          const asked = http.get({ host: NAME, port: server.port, agent }).on('error', resolve);
          asked.setTimeout(patienceMs, () => asked.destroy(new Error('late')));
        });
        assert.equal(ended.code, 'ECONNRESET', ended.message);
        agent.destroy();
      });
    }
  });

  it('is left to MQTT.js where the environment names a SOCKS proxy for it', async () => {
    dns.lookup = lookup;
    const proxy = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    process.env['MQTTJS_SOCKS_PROXY'] = `socks5://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      const asksProxy = once(proxy, 'connection');
      const client = connectMqtt({ protocol: 'mqtt', host: '127.0.0.1', port: server.port, reconnectPeriod: 0 });
      client.on('error', () => undefined);
      await asksProxy;
      await client.endAsync(true);
    } finally {
      delete process.env['MQTTJS_SOCKS_PROXY'];
      proxy.close();
    }
  });
});
