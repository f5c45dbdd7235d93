import type { MeterModel } from '../../meters/meter-model';
import type { Clock, Timer } from '../../support/clock';
import {
  timeoutMultiplier,
  type ConnectionIds,
  type CyclicDelivery,
} from '../../transport/ethernet-ip/wire/connection-parameters';
import { CONNECTION_STATUS } from '../../transport/ethernet-ip/wire/connection-status';
import { isNewer, type ReceivedCyclicFrame } from '../../transport/ethernet-ip/wire/cyclic-frame';
import type { ForwardOpenReply, ReceivedForwardOpen } from '../../transport/ethernet-ip/wire/forward-open';
import {
  admit,
  type AssemblySource,
  type DeviceTraits,
  type IntervalBounds,
  type OpenRefusal,
  type ServedConnection,
} from './connection-admission';
import { Producer, type FrameDestination } from './producer';

/** Who asks for a connection. */
export interface Requester {
  /** IP address. */
  readonly address: string;
  /** Stands for the TCP connection: class 3 connections end with it. */
  readonly link: object;
  /** UDP port that T->O datagrams shall go to. */
  readonly receivePort: number;
}

export interface ConnectionTableOptions {
  readonly model: Pick<MeterModel, 'quirks'>;
  readonly clock: Clock;
  readonly source: AssemblySource;
  /** Of all kinds together. */
  readonly maximumConnections: number;
  readonly bounds: IntervalBounds;
  /** Multicast group that shared productions go to. */
  readonly group: FrameDestination;
  /** What is looked at when a connection is opened; default: keys are not, and listeners are served either way. */
  readonly device?: DeviceTraits | undefined;
  /** First half of the O->T connection ids; default 0. */
  readonly idPrefix?: number;
  readonly send: (frame: Buffer, destination: FrameDestination, connectionId: number) => void;
}

/** One open connection, for people and tests. */
export interface ConnectionSummary {
  readonly kind: ServedConnection['kind'];
  readonly instance?: number;
  /** How its data travels; absent where it is not sent by itself. */
  readonly delivery?: CyclicDelivery;
  readonly originator: string;
}

/** A connection as this target keeps it. */
export interface TableEntry {
  readonly ids: ConnectionIds;
  readonly served: ServedConnection;
  readonly requester: Requester;
  readonly originatorToTargetId: number;
  readonly targetToOriginatorId: number;
  readonly producer?: Producer;
  /** Without a message for so long the connection ends. */
  readonly timeoutMs: number;
  /** Undefined until the originator has used it for the first time. */
  lastHeardAt?: number;
  lastSequence?: number;
  timer?: Timer;
}

export interface AcceptedOpen {
  readonly reply: ForwardOpenReply;
  /** The group, when this connection takes part in a multicast. */
  readonly group?: FrameDestination;
}

/** A connection must be used within 10 s even when its timeout is shorter (CIP Vol 1, 3-5.4.1.3). */
const FIRST_TIMEOUT_MS = 10_000;

/**
 * The connections of one target: who may open them, when they end, what they produce. It knows no sockets; heartbeats
 * are handed in, frames are handed out.
 */
export class ConnectionTable {
  private readonly entries = new Map<number, TableEntry>();
  private ids = 0;

  constructor(private readonly options: ConnectionTableOptions) {}

  get summaries(): readonly ConnectionSummary[] {
    return [...this.entries.values()].map(({ served, requester }) => ({
      kind: served.kind,
      ...('instance' in served ? { instance: served.instance, delivery: served.delivery } : {}),
      originator: requester.address,
    }));
  }

  open(request: ReceivedForwardOpen, requester: Requester): AcceptedOpen | OpenRefusal {
    const { model, source, bounds, maximumConnections, device } = this.options;
    const served = admit(model, request, source, bounds, device);
    if ('extendedStatus' in served) return served;
    if (this.find(request) !== undefined) return { extendedStatus: [CONNECTION_STATUS.inUse] };
    const refusal = served.kind === 'listen-only' ? this.refuseListener(request, served.instance) : undefined;
    if (refusal !== undefined) return refusal;
    if (this.entries.size >= maximumConnections) return { extendedStatus: [CONNECTION_STATUS.outOfConnections] };
    return this.accept(request, served, requester);
  }

  /** @returns false when there is no such connection */
  close(ids: ConnectionIds): boolean {
    const entry = this.find(ids);
    if (entry !== undefined) this.end(entry);
    return entry !== undefined;
  }

  /** Takes a datagram of an originator. */
  receive({ connectionId, sequence }: ReceivedCyclicFrame, address: string): void {
    const entry = this.entries.get(connectionId);
    if (entry === undefined || entry.served.kind === 'message-router' || entry.requester.address !== address) return;
    if (entry.lastSequence !== undefined && !isNewer(sequence, entry.lastSequence)) return;
    entry.lastSequence = sequence;
    this.heard(entry);
  }

  /** The class 3 connection that a message of this TCP connection belongs to; having been used it lives on. */
  use(connectionId: number, link: object): TableEntry | undefined {
    const entry = this.entries.get(connectionId);
    if (entry?.served.kind !== 'message-router' || entry.requester.link !== link) return undefined;
    this.heard(entry);
    return entry;
  }

  /** A TCP connection has ended; I/O connections live on without it. */
  unlink(link: object): void {
    for (const entry of [...this.entries.values()]) {
      if (entry.served.kind === 'message-router' && entry.requester.link === link) this.end(entry);
    }
  }

  /** Ends every connection without a word, as a meter that restarts. */
  clear(): void {
    for (const entry of [...this.entries.values()]) this.end(entry);
  }

  /** The owners are gone: their connections end, and with them those that only listened. */
  dropOwners(): void {
    for (const entry of [...this.entries.values()]) if (entry.served.kind === 'input-only') this.end(entry);
  }

  /** A device that serves listeners by multicast alone has nothing for them beside an owner that reads point-to-point. */
  private refuseListener({ targetToOriginator }: ReceivedForwardOpen, instance: number): OpenRefusal | undefined {
    const isStrict = this.options.device?.listenOnly === 'multicast';
    const production = this.multicastOf(instance);
    if (!this.isOwned(instance) || (isStrict && production === undefined)) {
      return { extendedStatus: [CONNECTION_STATUS.listenOnlyWithoutOwner] };
    }
    if (!isStrict || production === undefined) return undefined;
    const microseconds = Math.round(production.options.intervalMs * 1000);
    return targetToOriginator.rpiMicroseconds === microseconds ? undefined : otherInterval(microseconds);
  }

  private multicastOf(instance: number): Producer | undefined {
    return [...this.entries.values()].find((entry) => isMulticastOf(entry.served, instance))?.producer;
  }

  private accept(request: ReceivedForwardOpen, served: ServedConnection, requester: Requester): AcceptedOpen {
    const { group } = this.options;
    const { connectionSerial, vendorId, originatorSerial, originatorToTarget, targetToOriginator } = request;
    const ids = { connectionSerial, vendorId, originatorSerial };
    const originatorToTargetId = this.nextId();
    const intervalMs = targetToOriginator.rpiMicroseconds / 1000;
    const producer = this.producerFor(served, request.targetToOriginatorId, intervalMs, requester);
    const targetToOriginatorId = producer?.options.connectionId ?? request.targetToOriginatorId;
    const entry: TableEntry = {
      ids,
      served,
      requester,
      originatorToTargetId,
      targetToOriginatorId,
      ...(producer === undefined ? {} : { producer }),
      timeoutMs: (originatorToTarget.rpiMicroseconds / 1000) * timeoutMultiplier(request.timeoutMultiplierCode),
    };
    this.entries.set(originatorToTargetId, entry);
    this.watch(entry, Math.max(FIRST_TIMEOUT_MS, entry.timeoutMs));
    const reply = {
      ...ids,
      originatorToTargetId,
      targetToOriginatorId,
      originatorToTargetMicroseconds: originatorToTarget.rpiMicroseconds,
      // Who joins a multicast gets the interval that it has.
      targetToOriginatorMicroseconds: Math.round((producer?.options.intervalMs ?? intervalMs) * 1000),
    };
    const joins = served.kind !== 'message-router' && served.delivery === 'multicast';
    return joins ? { reply, group } : { reply };
  }

  private producerFor(
    served: ServedConnection,
    connectionId: number,
    intervalMs: number,
    requester: Requester,
  ): Producer | undefined {
    if (served.kind === 'message-router') return undefined;
    const { instance, delivery } = served;
    const { clock, source, send, group } = this.options;
    const read = (): Uint8Array => source.read(instance) ?? new Uint8Array(0);
    if (delivery === 'point-to-point') {
      const destination = { address: requester.address, port: requester.receivePort };
      return new Producer({ connectionId, intervalMs, destination, clock, read, send });
    }
    return (
      this.multicastOf(instance) ??
      new Producer({ connectionId: this.nextId(), intervalMs, destination: group, clock, read, send })
    );
  }

  private heard(entry: TableEntry): void {
    const isFirst = entry.lastHeardAt === undefined;
    entry.lastHeardAt = this.options.clock.monotonic();
    if (!isFirst) return;
    entry.timer?.cancel();
    this.watch(entry, entry.timeoutMs);
  }

  private watch(entry: TableEntry, delayMs: number): void {
    const { clock } = this.options;
    entry.timer = clock.after(delayMs, () => {
      const remainingMs = (entry.lastHeardAt ?? -Infinity) + entry.timeoutMs - clock.monotonic();
      if (remainingMs > 0) this.watch(entry, remainingMs);
      else this.end(entry);
    });
  }

  private end(entry: TableEntry): void {
    if (!this.entries.delete(entry.originatorToTargetId)) return;
    entry.timer?.cancel();
    const others = [...this.entries.values()];
    if (!others.some(({ producer }) => producer === entry.producer)) entry.producer?.stop();
    const { served } = entry;
    if (served.kind !== 'input-only' || this.isOwned(served.instance)) return;
    // Whoever only listened loses its connection with the last one that did not.
    for (const other of others) {
      if (other.served.kind === 'listen-only' && other.served.instance === served.instance) this.end(other);
    }
  }

  private isOwned(instance: number): boolean {
    return [...this.entries.values()].some(
      ({ served }) => served.kind === 'input-only' && served.instance === instance,
    );
  }

  private find(ids: ConnectionIds): TableEntry | undefined {
    return [...this.entries.values()].find(
      (entry) =>
        entry.ids.connectionSerial === ids.connectionSerial &&
        entry.ids.vendorId === ids.vendorId &&
        entry.ids.originatorSerial === ids.originatorSerial,
    );
  }

  /** Never 0, and not reused while 65535 others are opened. */
  private nextId(): number {
    this.ids = (this.ids % 0xffff) + 1;
    return (this.options.idPrefix ?? 0) * 0x1_0000 + this.ids;
  }
}

/** Not acceptable: T->O is produced already, at this interval; O->T was acceptable (CIP Vol 1, table 3-5.33). */
function otherInterval(microseconds: number): OpenRefusal {
  const [accepted, producedAlready] = [0, 4];
  const words = [accepted | (producedAlready << 8), 0, 0, microseconds & 0xffff, microseconds >>> 16];
  return { extendedStatus: [CONNECTION_STATUS.rpiNotAcceptable, ...words] };
}

function isMulticastOf(served: ServedConnection, instance: number): boolean {
  return served.kind !== 'message-router' && served.delivery === 'multicast' && served.instance === instance;
}
