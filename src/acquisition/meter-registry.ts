import { linkKeyOf, meterKeyOf } from './meter-address';
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

interface SharedLink {
  readonly link: MeterLink;
  users: number;
}

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
    const shared = this.links.get(key) ?? this.createLink(key, settings);
    this.tellDifferences(settings, shared.link.settings, key);
    shared.users++;
    const meter = meterKeyOf(settings);
    const unmark =
      meter !== undefined && settings.sharedWithPlc === true ? this.arbiter.markShared(meter) : (): void => undefined;
    const session = new MeterSession(settings, shared.link, this.dependencies);
    let released = false;
    return {
      session,
      release: async () => {
        if (released) return;
        released = true;
        unmark();
        session.leave();
        shared.users--;
        if (shared.users > 0) return;
        this.links.delete(key);
        await shared.link.close();
      },
    };
  }

  private createLink(key: string, settings: LinkSettings): SharedLink {
    this.tellLineDifferences(settings);
    const shared = { link: new MeterLink(settings, this.dependencies, this.arbiter, this.pace), users: 0 };
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
