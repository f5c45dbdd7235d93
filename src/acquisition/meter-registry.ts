import { Pm500Error } from '../support/errors';
import { silentLogger } from '../support/logger';
import { canonicalHost, linkKeyOf, meterKeyOf } from './meter-address';
import { MeterLink, type LinkDependencies } from './meter-link';
import { MeterSession } from './meter-session';
import type { LinkSettings, MeterSettings } from './meter-settings';
import { OpeningPace } from './opening-pace';
import { ProtocolArbiter } from './protocol-arbiter';

export interface AcquiredMeter {
  readonly session: MeterSession;
  /** Gives the meter back; the last one to do so closes the connection. May be called twice. */
  readonly release: () => Promise<void>;
}

/** A meter that is looked at for a while, for instance while a form is open. */
export interface VisitedMeter extends AcquiredMeter {
  /** Names of the configurations that use the connection beside the visitor; empty where it is the visitor's alone. */
  readonly users: readonly string[];
}

interface SharedLink {
  readonly link: MeterLink;
  readonly users: Set<MeterSession>;
  visitors: number;
}

const isModbus = ({ transport }: LinkSettings): boolean => transport?.kind.startsWith('modbus') === true;

/** The meters of one process: whoever configures the same address shares one connection and its limits. */
export class MeterRegistry {
  private readonly links = new Map<string, SharedLink>();
  private readonly arbiter: ProtocolArbiter;
  private readonly pace: OpeningPace;

  constructor(private readonly dependencies: LinkDependencies) {
    this.arbiter = dependencies.arbiter ?? new ProtocolArbiter(dependencies.clock);
    this.pace = new OpeningPace(dependencies.clock);
  }

  /**
   * The first to configure an address decides on its transport, timeouts and limits; a later one that differs is told so.
   */
  acquire(settings: MeterSettings): AcquiredMeter {
    const key = linkKeyOf(settings);
    const shared = this.linkFor(key, settings);
    this.tellDifferences(settings, shared.link.settings, key);
    const unmark = this.markShared(settings);
    const session = new MeterSession(settings, shared.link, this.dependencies);
    shared.users.add(session);
    return this.held(session, key, shared, () => {
      unmark();
      shared.users.delete(session);
    });
  }

  /**
   * Looks at a meter by the connection that its configurations share, and by one of its own where there is none, which
   * ends with the last visitor and makes room for the first configuration. Nothing is told in the log.
   * @throws Pm500Error METER_PROTOCOL_BUSY where a configuration reads this meter by the other protocol
   */
  visit(settings: MeterSettings): VisitedMeter {
    this.refuseOtherProtocol(settings);
    const key = linkKeyOf(settings);
    const shared = this.links.get(key) ?? this.createLink(key, settings);
    const unmark = this.markShared(settings);
    const session = new MeterSession(settings, shared.link, { ...this.dependencies, logger: silentLogger });
    shared.visitors++;
    const held = this.held(session, key, shared, () => {
      unmark();
      shared.visitors--;
    });
    return { ...held, users: [...shared.users].map((user) => user.settings.name) };
  }

  /** True where a configuration reads a meter at this host, as it is written there. */
  isUsed(host: string): boolean {
    return [...this.links.values()].some(
      ({ link, users }) => users.size > 0 && canonicalHost(link.settings.host) === canonicalHost(host),
    );
  }

  private markShared(settings: MeterSettings): () => void {
    const meter = meterKeyOf(settings);
    return meter !== undefined && settings.sharedWithPlc === true
      ? this.arbiter.markShared(meter)
      : (): void => undefined;
  }

  private held(session: MeterSession, key: string, shared: SharedLink, leave: () => void): AcquiredMeter {
    let released = false;
    return {
      session,
      release: async () => {
        if (released) return;
        released = true;
        session.leave();
        leave();
        if (shared.users.size + shared.visitors > 0) return;
        if (this.links.get(key) === shared) this.links.delete(key);
        await shared.link.close();
      },
    };
  }

  /** The connection of an address. One that only visitors have is closed, and another one opened after it. */
  private linkFor(key: string, settings: MeterSettings): SharedLink {
    const found = this.links.get(key);
    if (found === undefined) return this.createLink(key, settings);
    if (found.users.size > 0) return found;
    return this.createLink(key, settings, found.link.close());
  }

  /** A meter that is configured with one protocol is never looked at by the other, not even between two reads. */
  private refuseOtherProtocol(settings: MeterSettings): void {
    const meter = meterKeyOf(settings);
    if (meter === undefined) return;
    for (const { link, users } of this.links.values()) {
      if (users.size === 0 || meterKeyOf(link.settings) !== meter) continue;
      if (isModbus(link.settings) === isModbus(settings)) continue;
      const [theirs, mine] = isModbus(settings) ? ['EtherNet/IP', 'Modbus'] : ['Modbus', 'EtherNet/IP'];
      const names = [...users].map((user) => `"${user.settings.name}"`).join(', ');
      throw new Pm500Error(
        'METER_PROTOCOL_BUSY',
        `This meter is read over ${theirs} by ${names} already, and ${mine} must not run beside it.`,
      );
    }
  }

  /** @param after has ended what held the address before */
  private createLink(key: string, settings: LinkSettings, after?: Promise<void>): SharedLink {
    this.tellLineDifferences(settings);
    const { whenReady } = this.dependencies;
    const dependencies =
      after === undefined
        ? this.dependencies
        : { ...this.dependencies, whenReady: () => Promise.all([after, whenReady?.()]).then(() => undefined) };
    const link = new MeterLink(settings, dependencies, this.arbiter, this.pace);
    const shared = { link, users: new Set<MeterSession>(), visitors: 0 };
    this.links.set(key, shared);
    return shared;
  }

  private tellDifferences(mine: MeterSettings, inForce: LinkSettings, key: string): void {
    const tell = (what: string): void => {
      this.dependencies.logger.warn(
        `Meter "${mine.name}" shares ${key} with another configuration, whose ${what} stays in force; use one meter configuration.`,
      );
    };
    if (inForce.minimumReadIntervalMs !== mine.minimumReadIntervalMs) {
      tell(`limit of ${inForce.minimumReadIntervalMs} ms`);
    }
    if (inForce.transport?.kind !== mine.transport?.kind) tell('transport');
  }

  /** All units of a serial line must speak alike. */
  private tellLineDifferences({ host, transport }: LinkSettings): void {
    if (transport?.kind !== 'modbus-rtu') return;
    for (const { link } of this.links.values()) {
      const other = link.settings.transport;
      if (link.settings.host !== host || other?.kind !== 'modbus-rtu') continue;
      if (other.baudRate === transport.baudRate && other.parity === transport.parity) continue;
      this.dependencies.logger.warn(
        `Serial port ${host} is configured with ${other.baudRate} baud, parity ${other.parity} for unit ${other.unitId} and otherwise for unit ${transport.unitId}; all units of a line must be set alike.`,
      );
      return;
    }
  }
}
