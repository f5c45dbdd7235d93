import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Broker {
  readonly port: number;
  readonly url: string;
  /** A way of their own for those who watch, which `cut` leaves open: what a host sees of an outage, it sees all of. */
  readonly watchUrl: string;
  /** Ends every connection and takes no more, as a broken network would. */
  cut(): Promise<void>;
  /** Takes connections again. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** A listener on the loopback interface whose connections can be broken off. */
class Entrance {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  constructor(private readonly handle: (socket: Socket) => void) {}

  async open(port: number): Promise<number> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      this.handle(socket);
    });
    this.server = server;
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** An MQTT broker inside this process, on the loopback interface. */
export async function startBroker(wantedPort: number): Promise<Broker> {
  const { Aedes } = await import('aedes');
  const broker = await Aedes.createBroker();
  const handle = (socket: Socket): void => {
    broker.handle(socket);
  };
  const [entrance, watchEntrance] = [new Entrance(handle), new Entrance(handle)];
  const port = await entrance.open(wantedPort);
  const watchPort = await watchEntrance.open(0);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    watchUrl: `mqtt://127.0.0.1:${watchPort}`,
    cut: () => entrance.close(),
    mend: async () => {
      await entrance.open(port);
    },
    stop: async () => {
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      await Promise.all([entrance.close(), watchEntrance.close()]);
    },
  };
}
