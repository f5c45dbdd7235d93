import type { Timer } from '../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../support/errors';
import type { AssemblyBlock, Identity, ReceivedBlock } from '../transport';
import { closeInOrder } from './close-in-order';
import type { DatagramLease } from './datagram-registry';
import type { CheckedSettings } from './implicit-settings';
import { stopped, type Session } from './session';
import type { OpenSession } from './session-transport';
import { join, type SharedAttempt } from './shared-attempt';
import { purposeOf, Subscriber, type ImplicitContext, type Subscription } from './subscriber';

/** A refusal that is told again instead of asking the meter again. */
interface Refusal {
  readonly error: Pm500Error;
  readonly until: number;
}

/** How long a refused assembly is not asked for again. */
const REFUSAL_HOLD_MS = 5000;
/** A session without requests for so long is used once, so that the meter does not close it as idle (120 s by default). */
const KEEP_ALIVE_MS = 30_000;
/** Refusals of the meter as a whole, not of one assembly. */
const CONCERNS_METER = ['ENIP_NO_OWNER', 'ENIP_OWNERSHIP_CONFLICT', 'ENIP_CONNECTION_LIMIT'] as const;

/** A session and the I/O connections that were opened through it. */
export class ImplicitSession implements OpenSession {
  private readonly subscriptions = new Map<number, Subscription>();
  private readonly openings = new Map<number, SharedAttempt<Subscription>>();
  private readonly refusals = new Map<number, Refusal>();
  private readonly where: string;
  private readonly subscriber: Subscriber;
  private readonly stopListening: () => void;
  private keepAlive: Timer | undefined;
  private over: Pm500Error | undefined;

  constructor(
    private readonly session: Session,
    private readonly lease: DatagramLease,
    settings: CheckedSettings,
    private readonly context: ImplicitContext,
  ) {
    this.where = `${settings.host}:${settings.port}`;
    this.subscriber = new Subscriber(session, lease, settings, context, this.where, {
      onSilent: (error) => {
        // Closing in order never fails.
        void this.giveUp(error);
      },
      over: () => this.over,
    });
    this.stopListening = lease.datagrams.onLost((error) => {
      session.lose(error);
    });
    this.watch();
  }

  get lost(): Pm500Error | undefined {
    return this.session.lost;
  }

  async read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.receive(block, signal)).bytes;
  }

  async receive(block: AssemblyBlock, signal?: AbortSignal): Promise<ReceivedBlock> {
    if (this.over !== undefined) throw this.over;
    const { instance } = block;
    const subscription = this.subscriptions.get(instance) ?? (await this.subscribe(block, signal));
    return subscription.cyclic.receive(block, signal);
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.session.identify(signal);
  }

  async leave(error: Pm500Error): Promise<void> {
    await this.closeAll(error);
    await this.session.leave(error);
  }

  /** Ends everything but the session; reads that wait are rejected with `error`. May be called twice. */
  stop(error: Pm500Error): void {
    if (this.over !== undefined) return;
    this.over = error;
    this.keepAlive?.cancel();
    this.stopListening();
    for (const { cyclic, detach } of this.subscriptions.values()) {
      detach();
      cyclic.stop(error);
    }
    this.subscriptions.clear();
    // Datagram sockets close without fail.
    void this.lease.release();
  }

  private async closeAll(error: Pm500Error): Promise<void> {
    const closes = [...this.subscriptions.values()].map(({ close }) => close);
    this.stop(error);
    await closeInOrder(this.session, closes, this.context.clock);
  }

  /** The meter is told before the session goes, so that a connection that only UDP cannot reach does not stay behind. */
  private async giveUp(error: Pm500Error): Promise<void> {
    await this.closeAll(error);
    this.session.lose(error);
  }

  private subscribe(block: AssemblyBlock, signal?: AbortSignal): Promise<Subscription> {
    const { instance } = block;
    const refusal = this.refusals.get(instance);
    if (refusal !== undefined && this.context.clock.monotonic() < refusal.until) return Promise.reject(refusal.error);
    const attempt = this.openings.get(instance) ?? this.startOpening(block);
    return join(attempt, () => stopped(purposeOf(block, this.where)), signal);
  }

  private startOpening(block: AssemblyBlock): SharedAttempt<Subscription> {
    const { instance } = block;
    const controller = new AbortController();
    const opening = this.subscriber.open(block, controller.signal).then(
      (subscription) => {
        this.subscriptions.set(instance, subscription);
        this.openings.delete(instance);
        this.refusals.delete(instance);
        return subscription;
      },
      (thrown: unknown) => {
        this.openings.delete(instance);
        const error = toPm500Error(thrown);
        this.noteRefusal(instance, error);
        throw error;
      },
    );
    const attempt = {
      done: opening,
      giveUp: () => {
        controller.abort();
      },
      waiters: 0,
    };
    this.openings.set(instance, attempt);
    return attempt;
  }

  private noteRefusal(instance: number, error: Pm500Error): void {
    // A wrong size is found out before anything is opened: asking again costs the meter one explicit read.
    if (this.session.lost !== undefined || hasCode(error, 'METER_SIZE_MISMATCH', 'ABORTED', 'METER_CLOSED')) return;
    this.refusals.set(instance, { error, until: this.context.clock.monotonic() + REFUSAL_HOLD_MS });
    const idle = this.subscriptions.size === 0 && this.openings.size === 0;
    if (idle && hasCode(error, ...CONCERNS_METER)) this.session.lose(error);
  }

  private watch(): void {
    this.keepAlive = this.context.clock.after(KEEP_ALIVE_MS, () => {
      // Whether it is answered shows in the session, which is lost when it is not.
      this.session.identify().catch(() => undefined);
      this.watch();
    });
  }
}
