import { connectAsync, type MqttClient } from 'mqtt';
import type { SeenValue } from './independent-decoder';
import { StrictHost } from './strict-host';

/** A strict host on a real broker. */
export class Watcher {
  readonly host: StrictHost;
  readonly client: MqttClient;

  private constructor(host: StrictHost, client: MqttClient) {
    this.host = host;
    this.client = client;
  }

  /** Subscribes to everything of Sparkplug; resolves when the broker has granted it. */
  static async open(url: string, host = new StrictHost()): Promise<Watcher> {
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    client.on('message', (topic, payload, { qos, retain }) => {
      host.observe(topic, payload, { qos, retain });
    });
    await client.subscribeAsync('spBv1.0/#', { qos: 1 });
    return new Watcher(host, client);
  }

  /** Every value of a metric ("device/metric") that came, as a present or a historical one. */
  valuesOf(path: string): ReadonlySet<SeenValue> {
    const historical = (this.host.history.get(path) ?? []).map(([, value]) => value);
    return new Set([...(this.host.present.get(path) ?? []), ...historical]);
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
