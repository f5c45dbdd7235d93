import type { Clock } from '../../support/clock';
import { type Pm500Error, toPm500Error } from '../../support/errors';
import type { BdSeqCounter } from './bd-seq';
import type { EdgeEffect, EdgeEvent } from '../edge/edge-events';
import type { LinkLoss, MqttLink, OpenLink } from '../../mqtt/mqtt-link';
import type { BrokerSettings, Will } from '../../mqtt/mqtt-options';
import type { EdgeSessionDependencies } from './session-settings';

/** What the connection of now tells its session; of those before nothing comes any more. */
export interface SessionLinkListener {
  /** What the state machine has to know. */
  tell(event: EdgeEvent): void;
  /** The broker has accepted the session. @param announced bytes of a packet that it takes, where its CONNACK says so @returns bytes of a message at most */
  onAccepted(announced?: number): number;
  /** The broker has refused a subscription that the session needs; the connection ends. */
  onRefused(error: Pm500Error): void;
  /** The subscription to the own births was asked for; the session stands without it. */
  onWatching(subscribed: Promise<void>): void;
  onClosed(error: Pm500Error | undefined, loss?: LinkLoss): void;
}

/** The connection of a session: at most one at a time, each with a `bdSeq` that is taken when its CONNECT is written. */
export class SessionLink {
  private readonly openLink: OpenLink;
  private readonly bdSeq: BdSeqCounter;
  private readonly clock: Clock;
  private readonly settingsOf: () => BrokerSettings;
  private readonly listener: SessionLinkListener;
  private link: MqttLink | undefined;
  /** True once this attempt has used its bdSeq. */
  private isNumberTaken = false;

  /** @param settingsOf called for each connection; what it throws, `open` throws */
  constructor(
    { openLink, bdSeq, clock }: Pick<EdgeSessionDependencies, 'openLink' | 'bdSeq' | 'clock'>,
    settingsOf: () => BrokerSettings,
    listener: SessionLinkListener,
  ) {
    this.openLink = openLink;
    this.bdSeq = bdSeq;
    this.clock = clock;
    this.settingsOf = settingsOf;
    this.listener = listener;
  }

  /** The connection of now, if there is one. */
  get current(): MqttLink | undefined {
    return this.link;
  }

  /** A new attempt begins. @returns the bdSeq that its will has to carry */
  begin(): number {
    this.isNumberTaken = false;
    return this.bdSeq.next;
  }

  /** Connects with this will. */
  open(will: Will): void {
    const listener = this.listener;
    const link: MqttLink = this.openLink(this.settingsOf(), will, {
      onConnecting: () => {
        if (this.link === link) this.takeNumber();
      },
      onConnected: (announced) => {
        if (this.link !== link) return;
        this.takeNumber();
        listener.tell({ kind: 'connected', maximumBytes: listener.onAccepted(announced) });
      },
      onMessage: (topic, payload, isRetained) => {
        if (this.link === link) listener.tell({ kind: 'message', topic, payload, isRetained, at: this.now() });
      },
      onDrained: () => {
        if (this.link === link) listener.tell({ kind: 'drained', at: this.now() });
      },
      onClosed: (error, loss) => {
        if (this.link !== link) return;
        this.link = undefined;
        listener.onClosed(error, loss);
      },
    });
    this.link = link;
  }

  subscribe({ topics, watched, unlikely }: Extract<EdgeEffect, { kind: 'subscribe' }>): void {
    const link = this.link;
    // Where it is refused, a host of another version goes unnoticed, and nothing else.
    if (unlikely !== undefined) link?.subscribe([unlikely]).catch(() => undefined);
    if (watched !== undefined && link !== undefined) this.listener.onWatching(link.subscribe([watched]));
    link?.subscribe(topics).then(
      () => {
        if (this.link === link) this.listener.tell({ kind: 'subscribed', at: this.now() });
      },
      (thrown: unknown) => {
        if (this.link !== link) return;
        this.listener.onRefused(toPm500Error(thrown));
        void link.end();
      },
    );
  }

  private now(): number {
    return this.clock.now();
  }

  /** From now on the broker may have the will of this attempt. */
  private takeNumber(): void {
    if (this.isNumberTaken) return;
    this.isNumberTaken = true;
    this.bdSeq.take();
  }
}
