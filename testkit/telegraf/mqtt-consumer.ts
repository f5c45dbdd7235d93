import { connect, type MqttClient } from 'mqtt';
import { flagOf, numberOf, tablesOf, textOf, textsOf, type Settings } from './configuration';
import type { TelegrafMetric } from './metric';
import { XPathParser } from './xpath-parser';

/** The elements of a topic that become tags: `_` is passed over (plugins/inputs/mqtt_consumer/topic_parser.go). */
function tagsOfTopic(settings: Settings, topic: string): Readonly<Record<string, string>> {
  const parts = topic.split('/');
  const pattern = textOf(settings, 'topic').split('/');
  const names = textOf(settings, 'tags').split('/');
  if (pattern.includes('#')) throw new Error('"#" in topic_parsing is not known here');
  if (names.length !== pattern.length) throw new Error('tags length does not equal topic length');
  const fits = parts.length === pattern.length && pattern.every((part, at) => part === '+' || part === parts[at]);
  if (!fits) return {};
  return Object.fromEntries(
    names.flatMap((name, at) => (name === '_' || name === '' ? [] : [[name, parts[at] ?? '']])),
  );
}

/** `inputs.mqtt_consumer` with a data format of XPath, by plugins/inputs/mqtt_consumer/README.md. */
export class MqttConsumer {
  private readonly parser: XPathParser;
  private client: MqttClient | undefined;

  constructor(
    private readonly settings: Settings,
    folder: string,
  ) {
    if (flagOf(settings, 'persistent_session') && textOf(settings, 'client_id') === '') {
      throw new Error('persistent_session requires client_id');
    }
    this.parser = new XPathParser(settings, folder, 'mqtt_consumer');
  }

  /** Subscribes; metrics of a message come together. */
  async start(take: (metrics: readonly TelegrafMetric[]) => void, onError: (error: unknown) => void): Promise<void> {
    const [server] = textsOf(this.settings, 'servers');
    const clientId = textOf(this.settings, 'client_id');
    const username = textOf(this.settings, 'username');
    const client = connect(String(server), {
      clean: !flagOf(this.settings, 'persistent_session'),
      reconnectPeriod: 0,
      ...(clientId === '' ? {} : { clientId }),
      ...(username === '' ? {} : { username, password: textOf(this.settings, 'password') }),
    });
    this.client = client;
    // Before it is connected: what waited at the broker comes at once.
    client.on('message', (topic, payload) => {
      try {
        take(this.parser.parse(payload, Date.now()).map((metric) => this.tagged(metric, topic)));
      } catch (error) {
        onError(error);
      }
    });
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => {
        resolve();
      });
      client.once('error', reject);
    });
    const qos = numberOf(this.settings, 'qos') as 0 | 1 | 2;
    await client.subscribeAsync([...textsOf(this.settings, 'topics')], { qos });
  }

  async stop(): Promise<void> {
    // A round trip brings what was sent to it before.
    if (this.client?.connected === true) await this.client.unsubscribeAsync('nothing');
    await this.client?.endAsync(true);
  }

  private tagged(metric: TelegrafMetric, topic: string): TelegrafMetric {
    const topicTag = textOf(this.settings, 'topic_tag', 'topic');
    const parsed = tablesOf(this.settings, 'topic_parsing').map((each) => tagsOfTopic(each, topic));
    const own = topicTag === '' ? {} : { [topicTag]: topic };
    return { ...metric, tags: Object.assign({ ...metric.tags }, own, ...parsed) as Record<string, string> };
  }
}
