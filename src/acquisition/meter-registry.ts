import { MeterLink, type LinkDependencies } from './meter-link';
import { MeterSession, type MeterSettings } from './meter-session';

export interface AcquiredMeter {
  readonly session: MeterSession;
  /** Gives the meter back; the last one to do so closes the connection. May be called twice. */
  readonly release: () => Promise<void>;
}

interface SharedLink {
  readonly link: MeterLink;
  users: number;
}

/** One spelling for each address: in lower case, IPv4 numbers in decimal, no dot at the end. */
function canonicalHost(host: string): string {
  const text = host.toLowerCase().replace(/\.$/, '');
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : text;
}

/** The meters of one process: whoever configures the same address shares one connection and its limits. */
export class MeterRegistry {
  private readonly links = new Map<string, SharedLink>();

  constructor(private readonly dependencies: LinkDependencies) {}

  /**
   * The first to configure an address decides on its timeouts and limits; a later one that differs is told so.
   */
  acquire(settings: MeterSettings): AcquiredMeter {
    const key = `${canonicalHost(settings.host)}:${settings.port}`;
    const shared = this.links.get(key) ?? { link: new MeterLink(settings, this.dependencies), users: 0 };
    this.links.set(key, shared);
    if (shared.link.settings.minimumReadIntervalMs !== settings.minimumReadIntervalMs) {
      this.dependencies.logger.warn(
        `Meter "${settings.name}" shares ${key} with another configuration, whose limit of ${shared.link.settings.minimumReadIntervalMs} ms stays in force; use one meter configuration.`,
      );
    }
    if (shared.link.settings.messaging?.kind !== settings.messaging?.kind) {
      this.dependencies.logger.warn(
        `Meter "${settings.name}" shares ${key} with another configuration, whose transport stays in force; use one meter configuration.`,
      );
    }
    shared.users++;
    let released = false;
    return {
      session: new MeterSession(settings, shared.link, this.dependencies),
      release: async () => {
        if (released) return;
        released = true;
        shared.users--;
        if (shared.users > 0) return;
        this.links.delete(key);
        await shared.link.close();
      },
    };
  }
}
