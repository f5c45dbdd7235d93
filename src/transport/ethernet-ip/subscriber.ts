import { QUIRKS } from '../../meter/quirks';
import type { Clock } from '../../support/clock';
import { hasCode, Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { AssemblyBlock } from '../transport';
import { closeInOrder } from './close-in-order';
import type { OpenedConnection } from './connection-exchange';
import { timeoutMultiplier, type ConnectionIds, type IoConnection } from './connection-parameters';
import { CyclicConnection } from './cyclic-connection';
import type { DatagramLease } from './datagram-registry';
import { EarlyFrame } from './early-frame';
import type { ForwardClose } from './forward-close';
import type { CheckedSettings } from './implicit-settings';
import type { Originator } from './originator';
import type { ConnectionSession } from './lasting-session';
import type { SocketAddress } from './socket-address';

export interface ImplicitContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly originator: Originator;
}

/** One assembly that the meter produces for us. */
export interface Subscription {
  readonly cyclic: CyclicConnection;
  readonly close: ForwardClose;
  readonly detach: () => void;
}

export interface SubscriptionEvents {
  /** No frame came in time. */
  readonly onSilent: (error: Pm500Error) => void;
  /** Why nothing is opened any more, when that is so. */
  readonly over: () => Pm500Error | undefined;
}

const MICROSECONDS = 1000;

/** The task of receiving an assembly as the subject of a sentence. */
export function purposeOf({ instance }: AssemblyBlock, where: string): string {
  return `Receiving assembly ${instance} of ${where}`;
}

/** Opens I/O connections through one session. */
export class Subscriber {
  /** @param where host and port, for sentences */
  constructor(
    private readonly session: ConnectionSession,
    private readonly lease: DatagramLease,
    private readonly settings: CheckedSettings,
    private readonly context: ImplicitContext,
    private readonly where: string,
    private readonly events: SubscriptionEvents,
  ) {}

  /**
   * Checks the size, then asks for the connection that the settings allow.
   * @throws Pm500Error what the meter answers
   */
  async open(block: AssemblyBlock, signal: AbortSignal): Promise<Subscription> {
    await this.session.checkSize(block, signal);
    const { mode, allowInputOnly } = this.settings;
    if (mode !== 'auto') return this.forwardOpen(block, mode, signal);
    try {
      return await this.forwardOpen(block, 'listen-only', signal);
    } catch (thrown) {
      if (!allowInputOnly || !hasCode(thrown, 'ENIP_NO_OWNER')) throw thrown;
      this.context.logger.info(
        `Nobody else reads assembly ${block.instance} of ${this.where}: it is read by an Input Only connection.`,
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
    const targetToOriginatorId = context.originator.nextConnectionId();
    const early = new EarlyFrame(lease.datagrams, this.address, targetToOriginatorId);
    try {
      const opened = await this.session.openConnection(
        purposeOf(block, this.where),
        {
          ...ids,
          targetToOriginatorId,
          rpiMicroseconds: Math.round(rpiMs * MICROSECONDS),
          timeoutMultiplierCode: timeoutCode,
          connection,
        },
        tellPort ? port : undefined,
        signal,
      );
      const over = this.events.over();
      if (over !== undefined) throw over;
      return await this.attachOrClose(block, { ...ids, connection }, opened, early);
    } finally {
      early.take();
    }
  }

  private async attachOrClose(
    block: AssemblyBlock,
    { connection, ...ids }: ForwardClose & { readonly connection: IoConnection },
    opened: OpenedConnection,
    early: EarlyFrame,
  ): Promise<Subscription> {
    try {
      const subscription = this.attach(block, ids, connection, opened);
      const frame = early.take();
      if (frame !== undefined) subscription.cyclic.take(frame);
      return subscription;
    } catch (thrown) {
      await closeInOrder(this.session, [{ ...ids, connection }], this.context.clock);
      throw thrown;
    }
  }

  private get address(): string {
    return this.session.remoteAddress ?? this.settings.host;
  }

  private attach(
    block: AssemblyBlock,
    ids: ConnectionIds,
    connection: IoConnection,
    opened: OpenedConnection,
  ): Subscription {
    const { settings, context, lease, events, address } = this;
    const { datagrams } = lease;
    const sendPort = opened.sendTo?.port ?? QUIRKS.implicitPort.value;
    const intervalMs = opened.targetToOriginatorMicroseconds / MICROSECONDS;
    const leaveGroup = connection.delivery === 'multicast' ? this.joinGroup(opened.receiveAt) : undefined;
    const cyclic = new CyclicConnection(
      {
        what: purposeOf(block, this.where),
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
          events.onSilent(error);
        },
      },
    );
    const unsubscribe = datagrams.subscribe(address, opened.targetToOriginatorId, (frame) => {
      cyclic.take(frame);
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
        `${this.where} names ${told} while UDP port ${datagrams.port} is listened at; choose point-to-point delivery, or that port.`,
      );
    }
    return datagrams.join(group.address);
  }
}
