import { QUIRKS } from '../../meter/quirks';
import type { Clock, Timer } from '../../support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { AssemblyBlock, Identity } from '../transport';
import type { OpenedConnection } from './connection-exchange';
import { timeoutMultiplier, type ConnectionIds, type IoConnection } from './connection-parameters';
import { CyclicConnection } from './cyclic-connection';
import type { DatagramLease } from './datagram-registry';
import type { ForwardClose } from './forward-close';
import type { CheckedSettings } from './implicit-settings';
import { closeInOrder } from './close-in-order';
import type { Originator } from './originator';
import { stopped, type Session } from './session';
import type { OpenSession } from './session-transport';
import type { SocketAddress } from './socket-address';
import { join, type SharedAttempt } from './shared-attempt';

export interface ImplicitContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly originator: Originator;
}

/** One assembly that the meter produces for us. */
interface Subscription {
  readonly cyclic: CyclicConnection;
  readonly close: ForwardClose;
  readonly detach: () => void;
}

/** A refusal that is told again instead of asking the meter again. */
interface Refusal {
  readonly error: Pm500Error;
  readonly until: number;
}

/** How long a refused assembly is not asked for again. */
const REFUSAL_HOLD_MS = 5000;
/** A session without requests for so long is used once, so that the meter does not close it as idle (120 s by default). */
const KEEP_ALIVE_MS = 30_000;
const MICROSECONDS = 1000;
/** Refusals of the meter as a whole, not of one assembly. */
const CONCERNS_METER = ['ENIP_NO_OWNER', 'ENIP_OWNERSHIP_CONFLICT', 'ENIP_CONNECTION_LIMIT'] as const;

/** A session and the I/O connections that were opened through it. */
export class ImplicitSession implements OpenSession {
  private readonly subscriptions = new Map<number, Subscription>();
  private readonly openings = new Map<number, SharedAttempt<Subscription>>();
  private readonly refusals = new Map<number, Refusal>();
  private readonly stopListening: () => void;
  private keepAlive: Timer | undefined;
  private over: Pm500Error | undefined;

  constructor(
    private readonly session: Session,
    private readonly lease: DatagramLease,
    private readonly settings: CheckedSettings,
    private readonly context: ImplicitContext,
  ) {
    this.stopListening = lease.datagrams.onLost((error) => {
      session.lose(error);
    });
    this.watch();
  }

  get lost(): Pm500Error | undefined {
    return this.session.lost;
  }

  async read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.over !== undefined) throw this.over;
    const { instance } = block;
    const subscription = this.subscriptions.get(instance) ?? (await this.subscribe(block, signal));
    return subscription.cyclic.read(block, signal);
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
    return join(attempt, () => stopped(this.purpose(block)), signal);
  }

  private startOpening(block: AssemblyBlock): SharedAttempt<Subscription> {
    const { instance } = block;
    const controller = new AbortController();
    const opening = this.open(block, controller.signal).then(
      (subscription) => {
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

  private async open(block: AssemblyBlock, signal: AbortSignal): Promise<Subscription> {
    await this.session.checkSize(block, signal);
    const { mode, allowInputOnly } = this.settings;
    if (mode !== 'auto') return this.forwardOpen(block, mode, signal);
    try {
      return await this.forwardOpen(block, 'listen-only', signal);
    } catch (thrown) {
      if (!allowInputOnly || !hasCode(thrown, 'ENIP_NO_OWNER')) throw thrown;
      this.context.logger.info(
        `Nobody else reads assembly ${block.instance} of ${this.where()}: it is read by an Input Only connection.`,
      );
      return this.forwardOpen(block, 'input-only', signal);
    }
  }

  private async forwardOpen(
    block: AssemblyBlock,
    kind: IoConnection['kind'],
    signal: AbortSignal,
  ): Promise<Subscription> {
    const { settings, context, lease } = this;
    const { instance, sizeBytes } = block;
    const { delivery, rpiMs, timeoutCode } = settings;
    const ids = context.originator.nextIds();
    const connection: IoConnection = { kind, instance, sizeBytes, delivery };
    const { port } = lease.datagrams;
    const tellPort = delivery === 'point-to-point' && port !== QUIRKS.implicitPort.value;
    const opened = await this.session.openConnection(
      this.purpose(block),
      {
        ...ids,
        targetToOriginatorId: context.originator.nextConnectionId(),
        rpiMicroseconds: Math.round(rpiMs * MICROSECONDS),
        timeoutMultiplierCode: timeoutCode,
        connection,
      },
      tellPort ? port : undefined,
      signal,
    );
    if (this.over !== undefined) throw this.over;
    try {
      const subscription = this.attach(block, ids, connection, opened);
      this.subscriptions.set(instance, subscription);
      return subscription;
    } catch (thrown) {
      await closeInOrder(this.session, [{ ...ids, connection }], context.clock);
      throw thrown;
    }
  }

  private attach(
    block: AssemblyBlock,
    ids: ConnectionIds,
    connection: IoConnection,
    opened: OpenedConnection,
  ): Subscription {
    const { settings, context, lease } = this;
    const { datagrams } = lease;
    const address = this.session.remoteAddress ?? settings.host;
    const sendPort = opened.sendTo?.port ?? QUIRKS.implicitPort.value;
    const intervalMs = opened.targetToOriginatorMicroseconds / MICROSECONDS;
    const leaveGroup = connection.delivery === 'multicast' ? this.joinGroup(opened.receiveAt) : undefined;
    const cyclic = new CyclicConnection(
      {
        what: this.purpose(block),
        block,
        heartbeatId: opened.originatorToTargetId,
        heartbeatMs: opened.originatorToTargetMicroseconds / MICROSECONDS,
        watchdogMs: intervalMs * timeoutMultiplier(settings.timeoutCode),
        maximumAgeMs: settings.maximumAgeMs ?? 2 * intervalMs,
        readTimeoutMs: settings.replyTimeoutMs,
      },
      context.clock,
      {
        send: (heartbeat) => {
          datagrams.send(heartbeat, sendPort, address);
        },
        onSilent: (error) => {
          // Closing in order never fails.
          void this.giveUp(error);
        },
      },
    );
    const unsubscribe = datagrams.subscribe(address, opened.targetToOriginatorId, (frame) => {
      cyclic.receive(frame);
    });
    const detach = (): void => {
      unsubscribe();
      leaveGroup?.();
    };
    return { cyclic, close: { ...ids, connection }, detach };
  }

  /** @throws Pm500Error ENIP_CONNECT_FAILED when the meter names no group that can be joined */
  private joinGroup(group: SocketAddress | undefined): () => void {
    const { datagrams } = this.lease;
    if (group?.port !== datagrams.port) {
      const told = group === undefined ? 'no multicast group' : `multicast port ${group.port}`;
      throw new Pm500Error(
        'ENIP_CONNECT_FAILED',
        `${this.where()} names ${told} while UDP port ${datagrams.port} is listened at; choose point-to-point delivery, or that port.`,
      );
    }
    return datagrams.join(group.address);
  }

  private watch(): void {
    this.keepAlive = this.context.clock.after(KEEP_ALIVE_MS, () => {
      // Whether it is answered shows in the session, which is lost when it is not.
      this.session.identify().catch(() => undefined);
      this.watch();
    });
  }

  private purpose({ instance }: AssemblyBlock): string {
    return `Receiving assembly ${instance} of ${this.where()}`;
  }

  private where(): string {
    return `${this.settings.host}:${this.settings.port}`;
  }
}
