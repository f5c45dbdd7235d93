import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Aedes, Client } from 'aedes';
import { freePort } from '../servers/ports';
import { StrictHost } from './strict-host';

export interface BrokerRules {
  readonly password?: string;
  /** Subscriptions to topics with this text are refused. */
  readonly deniedTopic?: string;
  readonly port?: number;
}

/** A broker inside this process that can be killed and started again on its port; a strict host reads everything. */
export class EmbeddedBroker {
  readonly host: StrictHost;
  readonly messages: string[] = [];
  readonly clientIds: string[] = [];
  private readonly broker: Aedes;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Client>();

  private constructor(broker: Aedes, host: StrictHost) {
    this.broker = broker;
    this.host = host;
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      broker.handle(socket);
    });
    broker.on('client', (client) => {
      this.clientIds.push(client.id);
      this.clients.add(client);
    });
    broker.on('clientDisconnect', (client) => this.clients.delete(client));
    broker.on('publish', ({ topic, payload, qos, retain }) => {
      if (!topic.startsWith('spBv1.0/')) return;
      this.messages.push(topic.split('/')[2] ?? '');
      host.observe(topic, Buffer.from(payload), { qos, retain });
    });
  }

  static async start(rules: BrokerRules = {}, host = new StrictHost()): Promise<EmbeddedBroker> {
    const { Aedes: Class } = await import('aedes');
    const aedes = await Class.createBroker({
      authenticate: (_client, _name, password, done) => {
        const isRight = rules.password === undefined || password?.toString() === rules.password;
        done(isRight ? null : Object.assign(new Error('wrong'), { returnCode: 4 as never }), isRight);
      },
      authorizeSubscribe: (_client, subscription, done) => {
        const isDenied = rules.deniedTopic !== undefined && subscription.topic.includes(rules.deniedTopic);
        done(null, isDenied ? null : subscription);
      },
    });
    const broker = new EmbeddedBroker(aedes, host);
    // One that no connection takes while nobody listens there.
    broker.server.listen(rules.port ?? (await freePort()), '127.0.0.1');
    await once(broker.server, 'listening');
    return broker;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  publish(topic: string, payload: Uint8Array, retain = false): void {
    this.broker.publish(
      { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 0, retain, dup: false },
      () => undefined,
    );
  }

  /** Resets the connection of every client but one; the broker stays. */
  cutAllBut(clientId: string): void {
    for (const client of this.clients) if (client.id !== clientId) (client.conn as Socket).destroy();
  }

  /** Cuts every connection and stops listening, without a word to anybody. */
  async kill(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => {
      this.broker.close(resolve);
    });
  }
}
