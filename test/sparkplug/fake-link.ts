import type { BrokerSettings, LinkListener, MqttLink, OpenLink, Will } from '../../src/sparkplug/mqtt-link';
import type { Pm500Error } from '../../src/support/errors';
import { StrictHost } from './strict-host';

/** One connection of a fake broker: the test plays the broker. */
export class FakeLink implements MqttLink {
  readonly subscriptions: (readonly string[])[] = [];
  readonly published: string[] = [];
  isEnded = false;
  isCongested = false;
  refusal: Pm500Error | undefined;

  constructor(
    readonly settings: BrokerSettings,
    readonly will: Will,
    readonly listener: LinkListener,
    private readonly host: StrictHost,
  ) {}

  subscribe(topics: readonly string[]): Promise<void> {
    this.subscriptions.push(topics);
    return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
  }

  publish(topic: string, payload: Uint8Array): boolean {
    this.published.push(topic.split('/')[2] ?? '');
    this.host.observe(topic, payload);
    return this.isCongested;
  }

  end(): Promise<void> {
    if (!this.isEnded) {
      this.isEnded = true;
      setImmediate(() => {
        this.listener.onClosed(undefined);
      });
    }
    return Promise.resolve();
  }

  /** The connection breaks. */
  lose(error: Pm500Error): void {
    this.host.observeLoss();
    this.listener.onClosed(error);
  }
}

/** Opens fake links and keeps them; a strict host reads everything. */
export class FakeBroker {
  readonly host = new StrictHost();
  readonly links: FakeLink[] = [];
  /** Applied to each further link. */
  refusal: Pm500Error | undefined;

  readonly open: OpenLink = (settings, will, listener) => {
    const link = new FakeLink(settings, will, listener, this.host);
    link.refusal = this.refusal;
    this.host.observeWill(will.topic, will.payload);
    this.links.push(link);
    return link;
  };

  get last(): FakeLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('nothing has connected');
    return link;
  }
}
