import type { LinkListener, LinkLoss, MqttLink, OpenLink } from '../../src/mqtt/mqtt-link';
import type { BrokerSettings, Will } from '../../src/mqtt/mqtt-options';
import type { Pm500Error } from '../../src/support/errors';
import { StrictHost } from './strict-host';

/** One connection of a fake broker: the test plays the broker. */
export class FakeLink implements MqttLink {
  readonly subscriptions: (readonly string[])[] = [];
  readonly published: string[] = [];
  readonly payloads: Uint8Array[] = [];
  isEnded = false;
  leavesWill = false;
  readonly listener: LinkListener;
  isCongested = false;
  isBacklogged = false;
  answersPings = true;
  endsClean = true;
  readonly pings: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  refusal: Pm500Error | undefined;

  constructor(
    readonly settings: BrokerSettings,
    readonly will: Will,
    listener: LinkListener,
    private readonly host: StrictHost,
  ) {
    // Only a network connection that stands makes a CONNECT.
    let isConnecting = false;
    const onConnecting = (): void => {
      if (isConnecting) return;
      isConnecting = true;
      host.observeWill(will.topic, will.payload);
      listener.onConnecting();
    };
    this.listener = {
      ...listener,
      onConnecting,
      onConnected: (maximumBytes) => {
        onConnecting();
        listener.onConnected(maximumBytes);
      },
    };
  }

  subscribe(topics: readonly string[]): Promise<void> {
    this.subscriptions.push(topics);
    return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
  }

  publish(topic: string, payload: Uint8Array): boolean {
    this.published.push(topic.split('/')[2] ?? '');
    this.payloads.push(payload);
    this.host.observe(topic, payload);
    return this.isCongested;
  }

  confirm(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pings.push({ resolve, reject });
      if (this.answersPings) this.answerPings();
    });
  }

  answerPings(): void {
    for (const { resolve } of this.pings.splice(0)) resolve();
  }

  end(leavesWill = false): Promise<boolean> {
    this.leavesWill = leavesWill;
    if (!this.isEnded) {
      this.isEnded = true;
      setImmediate(() => {
        this.listener.onClosed(undefined);
      });
    }
    return Promise.resolve(this.endsClean);
  }

  /** The connection breaks. */
  lose(error: Pm500Error, loss?: LinkLoss): void {
    this.host.observeLoss();
    for (const { reject } of this.pings.splice(0)) reject(error);
    this.listener.onClosed(error, loss);
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
    this.links.push(link);
    return link;
  };

  get last(): FakeLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('nothing has connected');
    return link;
  }
}
