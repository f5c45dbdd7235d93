import { PROTOCOL_FACTS } from '../../../meters/protocol-facts';
import type { Clock } from '../../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import type { AssemblyBlock } from '../../transport';
import { closeInOrder } from '../session/close-in-order';
import type { OpenedConnection } from '../session/connection-exchange';
import {
  timeoutMultiplier,
  type ConnectionIds,
  type CyclicDelivery,
  type IoConnection,
} from '../wire/connection-parameters';
import { CyclicConnection } from './cyclic-connection';
import type { Datagrams } from './datagrams';
import type { DeliveryChoice } from './delivery-choice';
import { EarlyFrame } from './early-frame';
import type { CheckedSettings } from './implicit-settings';
import type { IoSockets } from './io-sockets';
import type { CountedConnection, IoTrafficRecorder } from './io-traffic';
import { receiveGroup } from './multicast-group';
import type { Originator } from '../session/originator';
import { requiredInterval } from '../wire/required-interval';
import type { ConnectionSession } from '../session/lasting-session';
import type { SocketAddress } from '../wire/socket-address';

export interface ImplicitContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly originator: Originator;
  readonly delivery: DeliveryChoice;
  readonly traffic: IoTrafficRecorder;
}

/** A connection as its Forward Close names it. */
interface IoClose extends ConnectionIds {
  readonly connection: IoConnection;
}

/** One assembly that the meter produces for us. */
export interface Subscription extends CountedConnection {
  readonly cyclic: CyclicConnection;
  readonly close: IoClose;
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
    private readonly sockets: IoSockets,
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
    if (mode !== 'auto') return this.openAs(mode, block, signal);
    try {
      return await this.openAs('listen-only', block, signal);
    } catch (thrown) {
      if (!allowInputOnly || !hasCode(thrown, 'ENIP_NO_OWNER')) throw thrown;
      this.context.logger.info(
        `Nobody else reads assembly ${block.instance} of ${this.where}: it is read by an Input Only connection.`,
      );
      return this.openAs('input-only', block, signal);
    }
  }

  /** Asks for one delivery, and for the other one where that is allowed and the meter may grant it. */
  private async openAs(kind: IoConnection['kind'], block: AssemblyBlock, signal: AbortSignal): Promise<Subscription> {
    const { delivery: choice } = this.context;
    const [best = 'point-to-point', other] = choice.orderFor(kind);
    let refusal: Pm500Error;
    try {
      return this.told(await this.openBy(block, kind, best, signal));
    } catch (thrown) {
      refusal = toPm500Error(thrown);
      const isOver = signal.aborted || this.session.lost !== undefined;
      if (other === undefined || isOver || !choice.mayTryOther(kind, refusal)) throw refusal;
    }
    try {
      const subscription = await this.openBy(block, kind, other, signal);
      choice.noteGranted(refusal, best);
      return this.told(subscription, refusal);
    } catch (thrown) {
      throw choice.tellingOf(refusal, toPm500Error(thrown));
    }
  }

  private told(subscription: Subscription, refusal?: Pm500Error): Subscription {
    const { group, close } = subscription;
    const isListening = close.connection.kind === 'listen-only';
    const how =
      group === undefined
        ? `point-to-point${isListening ? ', each frame once more than to the PLC alone' : ''}`
        : `by multicast ${group.address}, UDP port ${group.port}${isListening ? ', no frame more than to the PLC alone' : ''}`;
    const why = refusal === undefined ? '.' : `. ${refusal.message}`;
    this.context.delivery.tell(close.connection.delivery, `${this.where} sends its data ${how}${why}`);
    return subscription;
  }

  /** Opens one connection; where the meter names the interval that it must have, with that one. */
  private async openBy(
    block: AssemblyBlock,
    kind: IoConnection['kind'],
    delivery: CyclicDelivery,
    signal: AbortSignal,
  ): Promise<Subscription> {
    const { instance, sizeBytes } = block;
    const { configurationInstance, heartbeatPoints, rpiMs, minimumRpiMs } = this.settings;
    const heartbeatPoint = heartbeatPoints[kind];
    const connection = { kind, instance, sizeBytes, delivery, heartbeatPoint, configurationInstance };
    try {
      return await this.forwardOpen(block, connection, Math.round(rpiMs * MICROSECONDS), signal);
    } catch (thrown) {
      const rpiMicroseconds = requiredInterval(thrown, minimumRpiMs);
      if (rpiMicroseconds === undefined) throw thrown;
      return this.forwardOpen(block, connection, rpiMicroseconds, signal);
    }
  }

  private async forwardOpen(
    block: AssemblyBlock,
    connection: IoConnection,
    rpiMicroseconds: number,
    signal: AbortSignal,
  ): Promise<Subscription> {
    const { context, sockets, settings } = this;
    const ids = context.originator.nextIds();
    const targetToOriginatorId = context.originator.nextConnectionId();
    const direct = connection.delivery === 'point-to-point' ? await sockets.pointToPoint() : undefined;
    const early = direct === undefined ? undefined : new EarlyFrame(direct, this.address, targetToOriginatorId);
    const receivePort = direct?.port === PROTOCOL_FACTS.implicitPort.value ? undefined : direct?.port;
    const timeoutMultiplierCode = settings.timeoutCode;
    try {
      const opened = await this.session.openConnection(
        purposeOf(block, this.where),
        { ...ids, targetToOriginatorId, rpiMicroseconds, timeoutMultiplierCode, connection },
        receivePort,
        signal,
      );
      return await this.attachOrClose(block, { ...ids, connection }, opened, direct, early);
    } finally {
      early?.take();
    }
  }

  private async attachOrClose(
    block: AssemblyBlock,
    close: IoClose,
    opened: OpenedConnection,
    direct: Datagrams | undefined,
    early: EarlyFrame | undefined,
  ): Promise<Subscription> {
    try {
      if (direct !== undefined) return this.attach(block, close, opened, direct, undefined, early);
      const group = receiveGroup(opened.receiveAt, this.where);
      return this.attach(block, close, opened, await this.sockets.multicast(group), group);
    } catch (thrown) {
      await closeInOrder(this.session, [close], this.context.clock);
      throw thrown;
    }
  }

  private get address(): string {
    return this.session.remoteAddress ?? this.settings.host;
  }

  private attach(
    block: AssemblyBlock,
    close: IoClose,
    opened: OpenedConnection,
    datagrams: Datagrams,
    group: SocketAddress | undefined,
    early?: EarlyFrame,
  ): Subscription {
    const over = this.events.over();
    if (over !== undefined) throw over;
    const { settings, context, events, address } = this;
    // A device that leaves the port open means the usual one.
    const told = opened.sendTo?.port ?? 0;
    const sendPort = told === 0 ? PROTOCOL_FACTS.implicitPort.value : told;
    const intervalMs = opened.targetToOriginatorMicroseconds / MICROSECONDS;
    const cyclic = new CyclicConnection(
      {
        what: purposeOf(block, this.where),
        block,
        heartbeatId: opened.originatorToTargetId,
        heartbeatMs: opened.originatorToTargetMicroseconds / MICROSECONDS,
        intervalMs,
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
          if (group !== undefined && cyclic.statistics.frames === 0) context.delivery.noteSilence();
          events.onSilent(error);
        },
      },
    );
    const unsubscribe = datagrams.subscribe(address, opened.targetToOriginatorId, (frame) => {
      cyclic.take(frame);
    });
    const stopCounting = context.traffic.add({ cyclic, group });
    const frame = early?.take();
    if (frame !== undefined) cyclic.take(frame);
    const detach = (): void => {
      unsubscribe();
      stopCounting();
    };
    return { cyclic, close, detach, group };
  }
}
