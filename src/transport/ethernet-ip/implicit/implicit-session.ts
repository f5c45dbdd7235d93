import type { Timer } from '../../../support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../../../support/errors';
import type { Random } from '../../../support/random';
import type { AssemblyBlock, Identity, ReceivedBlock } from '../../transport';
import { closeInOrder, isForgotten } from '../session/close-in-order';
import type { CheckedSettings } from './implicit-settings';
import { LastingSession, type OpenAnother } from '../session/lasting-session';
import type { IoSockets } from './io-sockets';
import { stopped, type Session } from '../session/session';
import type { ForwardClose } from '../wire/forward-close';
import type { OpenSession } from '../session/session-transport';
import { join, type SharedAttempt } from '../../shared-attempt';
import { purposeOf, Subscriber, type ImplicitContext, type Subscription } from './subscriber';

/** A refusal that is told again instead of asking the meter again. */
interface ListenRefusal {
  readonly error: Pm500Error;
  readonly until: number;
}

/** How long a refused assembly is not asked for again. */
const REFUSAL_HOLD_MS = 5000;
/** A session without requests for so long is used once, so that the meter does not close it as idle (120 s by default). */
const KEEP_ALIVE_MS = 30_000;
/** Refusals of the meter as a whole, not of one assembly. */
const CONCERNS_METER = ['ENIP_NO_OWNER', 'ENIP_OWNERSHIP_CONFLICT', 'ENIP_CONNECTION_LIMIT'] as const;
/** The target granted a connection by a reply that cannot be read: it would again. */
const UNUSABLE = ['CIP_REPLY_INVALID', 'ENIP_FRAME_INVALID', 'ENIP_REPLY_MISMATCH'] as const;

function answersAgain(error: Pm500Error): Pm500Error {
  const details = { ...error.details, answersAgain: true };
  return new Pm500Error(error.code, error.message, { cause: error, retryable: true, details });
}

export interface ImplicitSessionContext extends ImplicitContext {
  readonly random: Random;
  readonly openAnother: OpenAnother;
  /** Everything is gone, and was not left. */
  readonly onLost: (error: Pm500Error) => void;
}

/**
 * A session and the I/O connections that were opened through it. They go on when the session is lost, as long as data
 * comes; another session is opened beside them.
 */
export class ImplicitSession implements OpenSession {
  private readonly subscriptions = new Map<number, Subscription>();
  private readonly openings = new Map<number, SharedAttempt<Subscription>>();
  private readonly refusals = new Map<number, ListenRefusal>();
  private readonly where: string;
  private readonly subscriber: Subscriber;
  private keepAlive: Timer | undefined;
  private over: Pm500Error | undefined;
  private lostWith: Pm500Error | undefined;
  private readonly session: LastingSession;

  constructor(
    session: Session,
    private readonly sockets: IoSockets,
    settings: CheckedSettings,
    private readonly context: ImplicitSessionContext,
  ) {
    this.where = `${settings.host}:${settings.port}`;
    this.session = new LastingSession(session, context.openAnother, context.clock, context.random, {
      onLost: (error) => this.goOn(error),
      onRenewed: () => {
        const cyclics = [...this.subscriptions.values()].map(({ cyclic }) => cyclic);
        const areAllQuiet = cyclics.every(({ isQuiet }) => isQuiet);
        for (const cyclic of cyclics) cyclic.suspect(areAllQuiet);
      },
    });
    this.subscriber = new Subscriber(this.session, sockets, settings, context, this.where, {
      onSilent: (error) => {
        // Closing in order never fails.
        void this.giveUp(error);
      },
      over: () => this.over,
    });
    sockets.onLost((error) => {
      this.abandon(error);
    });
    this.watch();
  }

  /** Why everything is gone, when it is. */
  get lost(): Pm500Error | undefined {
    return this.lostWith;
  }

  /** The session was lost. */
  noteLost(error: Pm500Error): void {
    this.session.noteLost(error);
  }

  async read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.receive(block, signal)).bytes;
  }

  receive(block: AssemblyBlock, signal?: AbortSignal): Promise<ReceivedBlock> {
    if (this.over !== undefined) return Promise.reject(this.over);
    const subscription = this.subscriptions.get(block.instance);
    if (subscription !== undefined) return subscription.cyclic.receive(block, signal);
    return this.subscribe(block, signal).then(({ cyclic }) => cyclic.receive(block, signal));
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.session.identify(signal);
  }

  async leave(error: Pm500Error): Promise<void> {
    await this.closeAll(error);
    await this.session.leave(error);
  }

  /** Ends everything but the session; reads that wait are rejected with `error`. May be called twice. */
  private stop(error: Pm500Error): void {
    if (this.over !== undefined) return;
    this.over = error;
    this.keepAlive?.cancel();
    for (const { cyclic, detach } of this.subscriptions.values()) {
      detach();
      cyclic.stop(error);
    }
    this.subscriptions.clear();
    // Datagram sockets close without fail.
    void this.sockets.release();
  }

  /** Everything is lost. May be called twice. */
  private abandon(error: Pm500Error): void {
    if (this.lostWith !== undefined) return;
    this.lostWith = error;
    this.stop(error);
    this.session.lose(error);
    this.context.onLost(error);
  }

  /** @returns whether the I/O connections, and one that is just being opened, need another session */
  private goOn(error: Pm500Error): boolean {
    if (this.over === undefined && this.subscriptions.size + this.openings.size > 0) {
      this.context.logger.debug(`${error.message} What ${this.where} sends by itself is still taken meanwhile.`);
      return true;
    }
    this.abandon(error);
    return false;
  }

  /** What was being opened when the session was lost came to nothing. */
  private endWithoutUse(): void {
    const { lost } = this.session;
    if (lost !== undefined && this.subscriptions.size + this.openings.size === 0) this.abandon(lost);
  }

  private async closeAll(error: Pm500Error): Promise<void> {
    const closes = this.finish(error);
    await closeInOrder(this.session, closes, this.context.clock);
  }

  /** @returns what is to be closed */
  private finish(error: Pm500Error): readonly ForwardClose[] {
    const closes = [...this.subscriptions.values()].map(({ close }) => close);
    this.stop(error);
    this.session.stopOpening(error);
    return closes;
  }

  /**
   * The meter is told before the session goes, so that a connection that only UDP cannot reach does not stay behind. One
   * that says that it has forgotten them is back, and may be opened again at once (`details.answersAgain`).
   */
  private async giveUp(error: Pm500Error): Promise<void> {
    const { clock } = this.context;
    const [first, ...others] = this.finish(error);
    const isBack = first !== undefined && (await isForgotten(this.session, first, clock));
    await closeInOrder(this.session, isBack ? [] : others, clock);
    this.abandon(isBack ? answersAgain(error) : error);
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
        this.endWithoutUse();
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
    if (hasCode(error, 'METER_SIZE_MISMATCH', 'ABORTED', 'METER_CLOSED')) return;
    if (this.session.lost !== undefined && !hasCode(error, ...UNUSABLE)) return;
    this.refusals.set(instance, { error, until: this.context.clock.monotonic() + REFUSAL_HOLD_MS });
    const idle = this.subscriptions.size === 0 && this.openings.size === 0;
    if (idle && hasCode(error, ...CONCERNS_METER)) this.abandon(error);
  }

  private watch(): void {
    this.keepAlive = this.context.clock.after(KEEP_ALIVE_MS, () => {
      // Whether it is answered shows in the session, which is lost when it is not.
      this.session.identify().catch(() => undefined);
      this.watch();
    });
  }
}
