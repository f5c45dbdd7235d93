import type { Clock, Timer } from '../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { Random } from '../../support/random';
import { retryDelays } from '../../support/retry';
import type { OwnId } from '../credentials';
import type { OpenCloudSession } from './cloud';
import { Enroller } from './enroller';
import { EdgeIdentity } from './identity';
import { folderFiles } from './identity-files';
import type { EnrollWish } from './machine';
import { describeIdentity } from './report';
import { begin, hasClaim, readClaim, settle, type Beginning } from './staged';
import type { IdentityPlace } from './state';
import { takeFolder } from './take-folder';
import type { TokenTool } from './token-keys';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How often the cloud is asked for a job, and the certificate looked at. */
const EVERY_MS = HOUR_MS;
/** A folder in which there is nothing to do yet is looked into so often; the network is left alone. */
const EMPTY_MS = MINUTE_MS;
/** Somebody else works in the folder. */
const BUSY_MS = 5 * MINUTE_MS;
/** After what stopped it, while something is to be done. */
const AGAIN = { initialMs: MINUTE_MS, maximumMs: HOUR_MS, factor: 2, jitter: 0.5 } as const;
/** Many edges that start together do not ask together. */
const FIRST_WITHIN_MS = 5 * MINUTE_MS;
const SPREAD = 0.2;

export interface KeeperSettings {
  readonly folder: string;
  /** Days before its end from which a certificate is renewed; 0: only a job asks for it. */
  readonly renewDays: number;
  /** What an empty folder with a claim becomes; absent: nothing. */
  readonly beginning?: Beginning;
}

export interface KeeperDependencies {
  readonly openFor: (place: IdentityPlace, signal: AbortSignal) => OpenCloudSession;
  readonly clock: Clock;
  readonly random: Random;
  readonly ownId: OwnId;
  /** Makes and removes keys in tokens; absent where there are none. */
  readonly tokenTool?: TokenTool;
  readonly logger: Logger;
  /** Called when `state` is another one. */
  readonly onChange?: () => void;
}

/**
 * - `quiet`: nothing is to be done
 * - `working`: a certificate is being made, registered or proven
 * - `concerned`: something stops it, or a person has to do something; the log says what
 */
export type KeeperState = 'quiet' | 'working' | 'concerned';

/** Has the first certificate made where a claim is staged, and each after it: by a job of the cloud, and before it ends. */
export class IdentityKeeper {
  private known: KeeperState = 'quiet';
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private again: Iterator<number, never>;
  /** By code, what the log has been told and is still so. */
  private told = '';
  private renewedAtMs = -Infinity;
  /** Why the renewal that was due came to no certificate; undefined once one did. */
  private failure: Pm500Error | undefined;

  constructor(
    private readonly settings: KeeperSettings,
    private readonly dependencies: KeeperDependencies,
  ) {
    this.again = retryDelays(AGAIN, dependencies.random);
  }

  get state(): KeeperState {
    return this.known;
  }

  start(): void {
    this.lookIn(this.isUnfinished() ? 0 : this.dependencies.random() * FIRST_WITHIN_MS);
  }

  /** What is under way ends where it is, and goes on there with the next start. */
  async close(): Promise<void> {
    this.timer?.cancel();
    this.ending.abort();
    await this.running;
  }

  /** Does what is to be done now. Never rejects. @returns milliseconds until it is to be called again */
  async look(): Promise<number> {
    const { random } = this.dependencies;
    try {
      const concern = await this.advance();
      if (concern === undefined) return EMPTY_MS;
      this.again = retryDelays(AGAIN, random);
      this.tell(concern, concern === '' ? 'quiet' : 'concerned');
      return EVERY_MS * (1 + SPREAD * (random() - 0.5));
    } catch (thrown) {
      if (this.ending.signal.aborted) return EVERY_MS;
      if (hasCode(thrown, 'IDENTITY_IN_USE')) {
        this.become('quiet');
        return BUSY_MS;
      }
      const isPressing = this.isPressing();
      this.tell(toPm500Error(thrown).message, isPressing ? 'concerned' : 'quiet', toPm500Error(thrown).code);
      return isPressing ? this.again.next().value : EVERY_MS;
    }
  }

  private lookIn(waitMs: number): void {
    this.timer = this.dependencies.clock.after(
      waitMs,
      () => {
        this.running = this.look().then((nextMs) => {
          if (!this.ending.signal.aborted) this.lookIn(nextMs);
        });
      },
      true,
    );
  }

  /** @returns what a person is to do, empty where nothing; undefined where there is nothing to keep. @throws Pm500Error */
  private async advance(): Promise<string | undefined> {
    const { folder } = this.settings;
    const { ownId } = this.dependencies;
    if (EdgeIdentity.read(folderFiles(folder)) === undefined && !this.canBegin()) return undefined;
    const release = await takeFolder(folder, ownId());
    try {
      const identity = EdgeIdentity.read(folderFiles(folder)) ?? this.begin();
      return identity === undefined ? undefined : await this.goOn(identity);
    } finally {
      await release();
    }
  }

  private canBegin(): boolean {
    return this.settings.beginning !== undefined && hasClaim(this.settings.folder);
  }

  private begin(): EdgeIdentity | undefined {
    const { folder, beginning } = this.settings;
    if (beginning === undefined || !this.canBegin()) return undefined;
    return begin(folder, beginning);
  }

  private async goOn(found: EdgeIdentity): Promise<string | undefined> {
    const { openFor, clock, ownId, logger, tokenTool } = this.dependencies;
    const { folder, beginning } = this.settings;
    const { signal } = this.ending;
    const claim = found.state.current === undefined ? readClaim(folder, ownId) : undefined;
    // Without a claim the first certificate is a matter of `pm500 cloud enroll`.
    if (found.state.current === undefined && claim === undefined) return undefined;
    const identity = beginning === undefined ? found : settle(found, folder, beginning);
    const { current, next, place, thing } = identity.state;
    const say = (words: string): void => {
      this.become('working');
      logger.info(`The identity of ${thing}: ${words}.`);
    };
    const enroller = new Enroller(identity, {
      ...{ open: openFor(place, signal), clock, signal, say },
      ...(claim === undefined ? {} : { claim }),
      ...(tokenTool === undefined ? {} : { tokenTool }),
    });
    const isWaiting = next?.stage === 'requested' && next.isByHand;
    const asked = isWaiting ? { isAsked: false } : await enroller.takeJob();
    const isDue = next === undefined && !asked.isAsked && this.isDue();
    const outcome = await this.run(enroller, identity, { renews: isDue, isByHand: current?.isByHand ?? false });
    // Until the next day brings another try nothing is good.
    if (this.failure !== undefined && this.isNearEnd()) throw this.failure;
    if (asked.error !== undefined) throw asked.error;
    if (outcome === 'waits') {
      const { request = '' } = describeIdentity(folder, clock.now());
      return `A new certificate is due: have it made for ${request}, then run pm500 cloud rotate --folder ${folder} --certificate FILE.`;
    }
    return this.isNearEnd() ? this.endsSoon() : '';
  }

  private async run(enroller: Enroller, identity: EdgeIdentity, wish: EnrollWish): Promise<'done' | 'waits'> {
    const { current, newest } = identity.state;
    try {
      const outcome = await enroller.run(wish);
      if (wish.renews || outcome === 'waits') this.failure = undefined;
      return outcome;
    } catch (thrown) {
      if (wish.renews || this.failure !== undefined) this.failure = toPm500Error(thrown);
      throw thrown;
    } finally {
      if (identity.state.current?.number !== current?.number) this.failure = undefined;
      // What could not even be begun, as on a full disk, is tried again soon.
      if (wish.renews && identity.state.newest > newest) this.renewedAtMs = this.dependencies.clock.monotonic();
    }
  }

  /** Once a day at most: where the clock is wrong, or certificates live shortly, each new one is due at once. */
  private isDue(): boolean {
    return this.dependencies.clock.monotonic() - this.renewedAtMs >= DAY_MS && this.isNearEnd();
  }

  private isNearEnd(): boolean {
    const { folder, renewDays } = this.settings;
    const { daysLeft } = describeIdentity(folder, this.dependencies.clock.now());
    return renewDays > 0 && daysLeft !== undefined && daysLeft <= renewDays;
  }

  private endsSoon(): string {
    const { folder, renewDays } = this.settings;
    const { until = '' } = describeIdentity(folder, this.dependencies.clock.now());
    return `The new certificate in ${folder} ends at ${until}, which is within ${renewDays} days again: see the clock of this computer, or renew fewer days before the end.`;
  }

  private isUnfinished(): boolean {
    try {
      const { state } = EdgeIdentity.read(folderFiles(this.settings.folder)) ?? {};
      return state?.current === undefined || state.next !== undefined || state.job !== undefined;
    } catch {
      return true;
    }
  }

  /** Whether waiting for another hour would cost something. */
  private isPressing(): boolean {
    try {
      return this.isUnfinished() || this.isNearEnd();
    } catch {
      return true;
    }
  }

  /** @param as under which the log remembers it: sentences with times in them are not told again */
  private tell(sentence: string, state: KeeperState, as = sentence): void {
    const what = state === 'quiet' ? 'No job of the cloud can be taken' : 'The certificate of this edge is not renewed';
    if (sentence !== '' && as !== this.told) this.dependencies.logger.warn(`${what}: ${sentence}`);
    this.told = as;
    this.become(state);
  }

  private become(state: KeeperState): void {
    if (state === this.known) return;
    this.known = state;
    this.dependencies.onChange?.();
  }
}
