import type * as http from 'node:http';
import type { Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { TlsSettings } from '../support/tls-settings';

/** How often the files are looked at while all goes well. */
const LOOK_EVERY_MS = 60_000;

/** Connections that carry the TLS settings of now: a certificate that was renewed on disk counts without a deployment. */
export class RenewedAgent {
  private settings: TlsSettings | undefined;
  private agent: http.Agent | undefined;
  private lookedAt = -Infinity;

  /**
   * @param read gives the settings as they are now
   * @param create makes connections with them
   * @throws Pm500Error of `read` that a person has to mend; a file that cannot be read yet is tried again
   */
  constructor(
    private readonly read: (() => TlsSettings) | undefined,
    private readonly create: (settings: TlsSettings | undefined) => http.Agent,
    private readonly clock: Clock,
  ) {
    if (read === undefined) this.agent = create(undefined);
    else {
      try {
        this.look(read);
      } catch (thrown) {
        if (!toPm500Error(thrown).retryable) throw thrown;
        this.doubt();
      }
    }
  }

  /** For the next request. @throws Pm500Error when the files could never be read */
  get current(): http.Agent {
    if (this.read !== undefined && this.clock.monotonic() - this.lookedAt >= LOOK_EVERY_MS) this.look(this.read);
    if (this.agent === undefined) throw new Pm500Error('INTERNAL', 'The connection has no TLS settings yet.');
    return this.agent;
  }

  /** After a failure the files are looked at before the next request: a certificate may have been over. */
  doubt(): void {
    this.lookedAt = -Infinity;
  }

  close(): void {
    this.agent?.destroy();
  }

  private look(read: () => TlsSettings): void {
    this.lookedAt = this.clock.monotonic();
    let found: TlsSettings;
    try {
      found = read();
    } catch (thrown) {
      // While files are being replaced one may be missing: what was read before holds until the next look.
      if (this.agent !== undefined) return;
      throw thrown;
    }
    if (this.agent !== undefined) {
      if (isSame(found, this.settings)) return;
      retire(this.agent);
    }
    this.settings = found;
    this.agent = this.create(found);
  }
}

function isSame(one: TlsSettings, other: TlsSettings | undefined): boolean {
  const text = (settings: TlsSettings | undefined): string =>
    JSON.stringify([settings?.ca, settings?.cert, settings?.key].map((file) => file?.toString()));
  return text(one) === text(other);
}

/** Requests under way end as they began; connections end with them. */
function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
