import { hasCode, Pm500Error, toPm500Error } from '../../support/errors';
import type { CloudJob, CloudSession, Persona, Reported } from './cloud';
import { CloudSessions, type SessionOpening } from './cloud-sessions';
import type { EdgeIdentity } from './identity';
import { nextStep, type EnrollStep, type EnrollWish } from './machine';
import { BRIEF, notProven, PATIENT } from './patience';
import { makeTokenRequest, removeTokenKey, type TokenTool } from './token-keys';

export interface EnrollerDependencies extends SessionOpening {
  /** Certificate and key that may only ask for others; absent where there is none. */
  readonly claim?: Omit<Persona, 'clientId'>;
  /** Makes and removes keys in tokens; absent where there are none. */
  readonly tokenTool?: TokenTool;
  /** What is done, in a few words. */
  readonly say: (words: string) => void;
}

/** A pair that was not accepted is given up, and another one tried, so many times in a run. */
const PAIRS = 2;

/** Whether a job asks for a rotation. */
export interface Asked {
  readonly isAsked: boolean;
  /** Why nobody knows. */
  readonly error?: Pm500Error;
}

const OPERATION = 'rotate-certificate';

const isRotation = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && 'operation' in document && document.operation === OPERATION;

/** Brings an identity to its end, step by step; each is on the disk before the next one begins. */
export class Enroller {
  private readonly sessions: CloudSessions;
  private abandoned = 0;
  /** A pair is to be made, and was not begun in this run. */
  private renews = false;
  /** Why the job could not be told in this run. */
  private unreported: Pm500Error | undefined;

  constructor(
    private readonly identity: EdgeIdentity,
    private readonly dependencies: EnrollerDependencies,
  ) {
    this.sessions = new CloudSessions(dependencies);
  }

  /**
   * @returns `waits` where a person is to have a certificate made
   * @throws Pm500Error what stopped it; another run goes on where it was
   */
  async run(wish: EnrollWish): Promise<'done' | 'waits'> {
    this.renews = wish.renews;
    try {
      for (;;) {
        const leavesReport = this.unreported !== undefined;
        const step = nextStep(this.identity.state, { ...wish, renews: this.renews, leavesReport });
        if (step.kind === 'done') {
          if (this.unreported !== undefined) throw this.unreported;
          return 'done';
        }
        if (step.kind === 'wait') return 'waits';
        if (step.kind === 'make key') this.renews = false;
        await this.take(step, wish);
      }
    } finally {
      await this.sessions.leave();
    }
  }

  /**
   * Takes up the job that is next where it is one to rotate.
   * @returns what is to be said where jobs cannot be asked for: a certificate ends all the same
   * @throws Pm500Error where there is no connection, or nothing can be written
   */
  async takeJob(): Promise<Asked> {
    const { thing, current, job, next, lastJob } = this.identity.state;
    if (job !== undefined) return { isAsked: job.from === current?.number };
    if (current === undefined || next !== undefined) return { isAsked: false };
    try {
      const link = await this.asCurrent();
      let begun: Pick<CloudJob, 'jobId' | 'version'>;
      try {
        const found = await link.nextJob(thing);
        if (found === undefined || !isRotation(found.document)) return { isAsked: false };
        // A job can be given again: it is done, and the cloud is told so once more.
        if (found.jobId === lastJob) {
          await link.finishJob(thing, found);
          return { isAsked: false };
        }
        begun = { jobId: found.jobId, version: await link.startJob(thing, found) };
      } catch (thrown) {
        if (hasCode(thrown, 'ABORTED')) throw thrown;
        return { isAsked: false, error: toPm500Error(thrown) };
      }
      this.identity.happened({ kind: 'job begun', ...begun });
      return { isAsked: true };
    } finally {
      await this.sessions.leave();
    }
  }

  private async take(step: EnrollStep, { isByHand }: EnrollWish): Promise<void> {
    const { identity } = this;
    if (this.givesUp(step)) return;
    switch (step.kind) {
      case 'make key':
        this.dependencies.say(`makes the key pair ${step.number}`);
        await this.makePair(step.number);
        identity.happened({ kind: 'key made', number: step.number, isByHand });
        break;
      case 'ask':
        await this.ask(step.number);
        break;
      case 'register':
        await this.register(step.number);
        break;
      case 'prove':
        await this.prove(step.number);
        break;
      case 'remove':
        await this.removePair(step.number);
        identity.happened({ kind: 'removed', number: step.number });
        break;
      case 'report':
        await this.report();
        break;
      case 'wait':
      case 'done':
        break;
    }
  }

  /**
   * A pair that is being made, and of which a file is gone or damaged, is given up for another one.
   * @throws Pm500Error what is wrong, where a person had it made or it may be all that the cloud knows: a person may have
   * the file
   */
  private givesUp(step: EnrollStep): boolean {
    const { current, next } = this.identity.state;
    if (next === undefined || (step.kind !== 'ask' && step.kind !== 'register' && step.kind !== 'prove')) return false;
    const { stage, isByHand, number } = next;
    const fault = this.identity.faultOf(number, step.kind !== 'ask');
    if (fault === undefined) return false;
    if (isByHand || stage === 'proven' || (stage === 'registered' && current === undefined)) throw fault;
    this.dependencies.say(`gives the pair ${number} up: ${fault.message}`);
    this.abandon(fault);
    return true;
  }

  private async makePair(number: number): Promise<void> {
    const { identity } = this;
    const { token } = identity.state;
    if (token === undefined) identity.makePair(number);
    else
      identity.putRequest(number, await makeTokenRequest(identity.state, token, number, this.dependencies.tokenTool));
  }

  private async removePair(number: number): Promise<void> {
    const { identity } = this;
    const { token } = identity.state;
    if (token !== undefined) await removeTokenKey(identity.state, token, number, this.dependencies.tokenTool);
    identity.removePair(number);
  }

  private async ask(number: number): Promise<void> {
    this.dependencies.say(`asks for a certificate of the pair ${number}`);
    const issued = await (await this.asAsker()).createCertificate(this.identity.requestOf(number));
    this.identity.putCertificate(number, issued.certificatePem);
    const { certificateId, token } = issued;
    this.identity.happened({ kind: 'issued', certificateId, token });
  }

  private async register(number: number): Promise<void> {
    const { thing, place, current, next } = this.identity.state;
    const template = current === undefined ? place.claimTemplate : place.rotationTemplate;
    this.dependencies.say(`registers the certificate of the pair ${number}`);
    try {
      await (await this.asAsker()).register(template, next?.token ?? '', thing);
    } catch (thrown) {
      if (!hasCode(thrown, 'IDENTITY_REFUSED', 'MQTT_REFUSED', 'MQTT_CONNECTION_LOST', 'MQTT_TLS_FAILED')) throw thrown;
      // It may have been registered, and the answer was lost: that is seen by connecting with it.
      if ((await this.asNew(number)) !== undefined) {
        this.identity.happened({ kind: 'registered' });
        return;
      }
      // What a hook refused it may allow later, and so may a cloud that is too busy; a token that is over never comes back.
      const error = toPm500Error(thrown);
      if (error.code !== 'IDENTITY_REFUSED' || error.retryable || error.details['code'] === 'AccessDenied') throw error;
      this.abandon(error);
      return;
    }
    this.identity.happened({ kind: 'registered' });
  }

  private async prove(number: number): Promise<void> {
    const { thing, place, current, next } = this.identity.state;
    const link = await this.asNew(number);
    if (link !== undefined) {
      if (place.hasCommits) {
        // On the disk before it is asked for: from then on the cloud may know no other one, whatever the answer is.
        if (next?.stage !== 'proven') this.identity.happened({ kind: 'proven' });
        await link.commit(thing, next?.certificateId ?? '');
      }
      this.identity.happened({ kind: 'committed' });
      return;
    }
    const isProven = next?.stage === 'proven';
    const isByHand = next?.isByHand ?? false;
    const error = notProven(number, place.host, { isProven, isByHand });
    // While the one of before is good nothing is lost by giving the new one up; else it may be all that there is. What a
    // person had made only a person gives up.
    if (current === undefined || isProven || isByHand) throw error;
    await this.asCurrent();
    this.abandon(error);
  }

  /** Connects with the pair that is being made; undefined where it is not let in. @throws Pm500Error where that is not said */
  private async asNew(number: number): Promise<CloudSession | undefined> {
    this.dependencies.say(`connects with the certificate of the pair ${number}`);
    const persona = this.identity.personaOf(number, `${this.identity.state.thing}.identity`);
    const { next } = this.identity.state;
    const isLate = next?.stage === 'proven' || next?.isByHand === true;
    try {
      return await this.sessions.as(`pair ${number}`, persona, isLate ? PATIENT : BRIEF);
    } catch (thrown) {
      // A broker that is busy says nothing of the certificate.
      if (hasCode(thrown, 'MQTT_REFUSED') && toPm500Error(thrown).retryable) throw thrown;
      if (hasCode(thrown, 'MQTT_REFUSED', 'MQTT_CONNECTION_LOST', 'MQTT_TLS_FAILED')) return undefined;
      throw thrown;
    }
  }

  /** @throws Pm500Error `error` where enough pairs were tried */
  private abandon(error: Pm500Error): void {
    this.identity.happened({ kind: 'abandoned' });
    if (++this.abandoned >= PAIRS) throw error;
    this.renews = true;
  }

  private async report(): Promise<void> {
    const { thing, job } = this.identity.state;
    if (job === undefined) return;
    let outcome: Reported;
    try {
      outcome = await (await this.asCurrent()).finishJob(thing, job);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      // A certificate that ends does not wait for it.
      this.unreported = toPm500Error(thrown);
      await this.sessions.leave();
      return;
    }
    this.dependencies.say(outcome === 'taken' ? `reports the job ${job.jobId}` : `the job ${job.jobId} is over`);
    this.identity.happened({ kind: 'reported' });
  }

  private async asCurrent(): Promise<CloudSession> {
    const { current, thing } = this.identity.state;
    if (current === undefined) throw noClaim();
    // Else the cloud would seem to be at fault.
    this.identity.checkPair(current.number);
    return this.sessions.as(`pair ${current.number}`, this.identity.personaOf(current.number, `${thing}.identity`));
  }

  /** With the certificate of now, or with the claim while there is none. */
  private asAsker(): Promise<CloudSession> {
    const { current, thing } = this.identity.state;
    if (current !== undefined) return this.asCurrent();
    const { claim } = this.dependencies;
    if (claim === undefined) throw noClaim();
    return this.sessions.as('claim', { ...claim, clientId: `${thing}.claim`, isClaim: true });
  }
}

const noClaim = (): Pm500Error =>
  new Pm500Error(
    'CONFIG_INVALID',
    'There is no certificate to ask with; give --claim-certificate and --claim-key, or have one made by hand (--by-hand).',
  );
