import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, type MqttClient } from 'mqtt';
import { createOpenLink, type LinkLoss } from '../../../src/mqtt/mqtt-link';
import type { ProtocolVersion } from '../../../src/mqtt/mqtt-options';
import { systemClock } from '../../../src/support/clock';

/** MQTT 3.1.1, 3.2, and MQTT 5.0, 3.2: the connection is accepted. */
const CONNACK: Readonly<Record<ProtocolVersion, Buffer>> = {
  4: Buffer.from([0x20, 2, 0, 0]),
  5: Buffer.from([0x20, 3, 0, 0, 0]),
};
/** MQTT 5.0, 3.14: "server shutting down". */
const DISCONNECT = Buffer.from([0xe0, 2, 0x8b, 0]);

const VERSIONS = [4, 5] as const;
type End = readonly [what: string, loss: LinkLoss, end: (socket: Socket, client: MqttClient) => void];

/** What decides how much is sent again: two seconds, or all that a keep-alive may have hidden. */
const ENDS: Readonly<Record<ProtocolVersion, readonly End[]>> = {
  4: [
    ['FIN', 'ended', (socket) => void socket.end()],
    ['RST', 'ended', (socket) => void socket.resetAndDestroy()],
    ['a keep-alive that is not answered', 'silent', () => undefined],
    [
      'a network that gave up',
      'silent',
      (_socket, client) =>
        void client.stream.destroy(Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' })),
    ],
  ],
  5: [
    ['FIN', 'ended', (socket) => void socket.end()],
    ['RST', 'ended', (socket) => void socket.resetAndDestroy()],
    ['DISCONNECT', 'ended', (socket) => void socket.write(DISCONNECT)],
    ['DISCONNECT and FIN', 'ended', (socket) => void socket.end(DISCONNECT)],
    ['a keep-alive that is not answered', 'silent', () => undefined],
  ],
};

describe('the end of an MQTT connection', function () {
  this.timeout(60_000);
  let server: Server;
  let accepted: Socket[];

  beforeEach(async () => {
    accepted = [];
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const socket of accepted) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  for (const protocolVersion of VERSIONS) {
    for (const [what, expected, end] of ENDS[protocolVersion]) {
      it(`by ${what} counts as ${expected} (protocol level ${protocolVersion})`, async () => {
        server.on('connection', (socket) => {
          accepted.push(socket);
          socket.on('error', () => undefined).once('data', () => socket.write(CONNACK[protocolVersion]));
        });
        const { port } = server.address() as AddressInfo;
        const clients: MqttClient[] = [];
        const open = createOpenLink((options) => {
          const client = connect(options);
          clients.push(client);
          return client;
        }, systemClock);
        // Only silence is found out by the keep-alive: whatever else ends a connection must not wait for it.
        const keepAliveSeconds = expected === 'silent' ? 1 : 60;
        const settings = { host: '127.0.0.1', port, clientId: 'c', keepAliveSeconds, connectTimeoutMs: 5000 };
        const loss = await new Promise<LinkLoss | undefined>((resolve) => {
          open({ ...settings, protocolVersion }, undefined, {
            onConnecting: () => undefined,
            onConnected: () => {
              const [socket] = accepted;
              const [client] = clients;
              if (socket !== undefined && client !== undefined) end(socket, client);
            },
            onMessage: () => undefined,
            onDrained: () => undefined,
            onClosed: (_error, found) => {
              resolve(found);
            },
          });
        });
        assert.equal(loss, expected);
      });
    }
  }
});
