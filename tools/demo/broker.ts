import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export interface Broker {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** An MQTT broker inside this process, on the loopback interface. */
export async function startBroker(port: number): Promise<Broker> {
  const { Aedes } = await import('aedes');
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `mqtt://127.0.0.1:${address.port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      await closed;
    },
  };
}
