import { delay, type Clock } from '../../support/clock';
import { hasCode, Pm500Error } from '../../support/errors';
import type { CloudSession, OpenCloudSession, Persona } from './cloud';
import { BRIEF, CONNECT_EVERY_MS } from './patience';

/** What opens connections, and ends the wait for them. */
export interface SessionOpening {
  readonly open: OpenCloudSession;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One connection to the cloud at a time, and none so soon after another that the cloud would refuse it. */
export class CloudSessions {
  private session: { readonly as: string; readonly link: CloudSession } | undefined;
  private connectedAt = -Infinity;

  constructor(private readonly opening: SessionOpening) {}

  /**
   * The connection of somebody; the one that is open where it is theirs, else another one in its place.
   * @param name of whose it is
   * @throws Pm500Error where there is none, after as many attempts as the patience has
   */
  async as(name: string, persona: Persona, { pausesMs, codes } = BRIEF): Promise<CloudSession> {
    if (this.session?.as === name) return this.session.link;
    await this.leave();
    for (let failed = 0; ; failed++) {
      try {
        const link = await this.connect(persona, pausesMs[failed - 1]);
        this.session = { as: name, link };
        return link;
      } catch (thrown) {
        if (!hasCode(thrown, ...codes) || failed >= pausesMs.length) throw thrown;
      }
    }
  }

  /** @param pauseMs from the connection before */
  private async connect(persona: Persona, pauseMs = CONNECT_EVERY_MS): Promise<CloudSession> {
    const { clock, signal, open } = this.opening;
    const wait = this.connectedAt + pauseMs - clock.monotonic();
    if (wait > 0) await delay(clock, wait, signal);
    if (signal.aborted)
      throw new Pm500Error(
        'ABORTED',
        'The command was ended before it was done; run it again, it goes on where it was.',
      );
    try {
      return await open(persona);
    } finally {
      // Not before: what came there late would have the next one close behind it.
      this.connectedAt = clock.monotonic();
    }
  }

  /** Closes the connection that is open. */
  async leave(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.link.close();
  }
}
