import { createPrivateKey } from 'node:crypto';
import { Enroller } from '../../src/iot/enroll/enroller';
import { EdgeIdentity, usablePairs } from '../../src/iot/enroll/identity';
import { certificateFile, IDENTITY_FILE, keyFile, type IdentityFiles } from '../../src/iot/enroll/identity-files';
import type { EnrollWish } from '../../src/iot/enroll/machine';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { newIdentity, parseIdentity, type IdentityState } from '../../src/iot/enroll/state';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import type { LinkListener } from '../../src/mqtt/mqtt-link';
import type { BrokerSettings } from '../../src/mqtt/mqtt-options';
import type { Clock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { certificateIdOf } from './authority';
import type { Services } from './services';

/** What befalls a process: its end, a full disk, a connection that breaks. */
export type Peril = 'kill' | 'full' | 'cut';

export const THING = 'mill-1';
const NEVER = new AbortController().signal;
const PLACE = {
  ...{ host: 'cloud', port: 8883, caFile: '', hasCommits: true },
  ...{ claimTemplate: 'pm500-claim', rotationTemplate: 'pm500-rotation' },
};

const lost = (): Pm500Error =>
  new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was cut by the test.', { retryable: true });

/** Pauses are over at once, the time to wait for an answer never is: nothing here is late. */
export function instantClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    uptime: () => now,
    bootId: 'test',
    after: (delayMs, callback) => {
      if (delayMs >= 15_000) return { cancel: () => undefined };
      const handle = setImmediate(() => {
        now += delayMs;
        callback();
      });
      return {
        cancel: () => {
          clearImmediate(handle);
        },
      };
    },
  };
}

const halfOf = (text: string): string => text.slice(0, text.length / 2);

/** One edge through many lives: its disk stays, its process dies where a test says so. The cloud is the double, in this process. */
export class EdgeLives {
  readonly disk = new Map<string, string>();
  /** All that left the edge. */
  readonly wire: string[] = [];
  readonly claim: { readonly certificate: string; readonly key: string };
  /** Calls to files and network so far, before and after each. */
  points = 0;
  /** What could befall it at each point so far. */
  readonly dangers: (readonly Peril[])[] = [];
  /** Perils so far. */
  befallen = 0;
  /** What happens at a point. */
  peril: (point: number) => Peril | undefined = () => undefined;
  /** In place of whether a certificate may connect: the cloud learns late, and is busy. */
  door: (id: string, isOpen: boolean) => boolean | Pm500Error = (_id, isOpen) => isOpen;
  /** Called at each point, for what has always to be true. */
  look: () => void = () => undefined;
  /** What a write that is cut off leaves beside the file that it replaces. @param before what the file holds */
  torn: (text: string, before: string | undefined) => string = halfOf;
  /** Files that a kill in the middle of a write leaves torn themselves, as where names reach the disk before contents. */
  isTornItself: (name: string) => boolean = () => false;
  /** Points in the middle of a write, and the file that it is of. */
  readonly writes = new Map<number, string>();
  private life = 0;

  constructor(readonly services: Services) {
    const key = makeKey();
    const claim = services.account.issue(makeRequest(key, 'claim'));
    claim.status = 'ACTIVE';
    claim.policies.add('pm500-claim');
    services.provisioning.expected.add(THING);
    this.claim = { key, certificate: claim.pem };
  }

  /** What stands on the disk. */
  get state(): IdentityState | undefined {
    const text = this.disk.get(IDENTITY_FILE);
    return text === undefined ? undefined : parseIdentity(text);
  }

  /** Whether the edge can connect with what is on its disk. */
  get canConnect(): boolean {
    const { state } = this;
    return state !== undefined && usablePairs(state).some((number) => this.isGood(number));
  }

  /** Runs the program once. @throws what ended it */
  async live(wish: EnrollWish, takesJobs = false): Promise<'done' | 'waits'> {
    const life = ++this.life;
    const files = this.files(life);
    const identity = EdgeIdentity.read(files) ?? EdgeIdentity.begin(files, newIdentity(THING, PLACE));
    const clock = instantClock();
    const open = createOpenCloudSession({
      openLink: (settings, _will, listener) => this.link(settings, listener, life),
      ...{ clock, place: PLACE, signal: NEVER },
    });
    const say = (): void => undefined;
    const enroller = new Enroller(identity, { open, clock, signal: NEVER, claim: this.claim, say });
    if (takesJobs) await enroller.takeJob();
    return enroller.run(wish);
  }

  /** Connections for who keeps an identity elsewhere. */
  readonly openLink: Parameters<typeof createOpenCloudSession>[0]['openLink'] = (settings, _will, listener) =>
    this.link(settings, listener, this.life);

  /** A person has the authority of the enterprise sign what waits on the disk. */
  signByHand(sign: (request: string) => string): void {
    const identity = EdgeIdentity.read(this.files(++this.life));
    const { next } = identity?.state ?? {};
    const isOpen = next?.stage === 'requested' || (next?.stage === 'registered' && next.isByHand);
    if (identity === undefined || !isOpen) return;
    identity.signedByHand(next.number, sign(identity.requestOf(next.number)));
  }

  private isGood(number: number): boolean {
    const [certificate, key] = [this.disk.get(certificateFile(number)), this.disk.get(keyFile(number))];
    if (certificate === undefined || key === undefined) return false;
    const { account } = this.services;
    const id = certificateIdOf(certificate);
    return account.mayConnect(id) && account.allows(id, THING, 'Connect', THING);
  }

  /** @throws Error where the process is dead, or dies here */
  private pass(life: number, perils: readonly Peril[]): void {
    if (life !== this.life) throw new Error('dead');
    this.look();
    this.dangers.push(perils);
    const peril = this.peril(this.points++);
    if (peril === undefined || !perils.includes(peril)) return;
    this.befallen += 1;
    if (peril === 'cut') throw lost();
    if (peril === 'full') throw new Pm500Error('IDENTITY_WRITE_FAILED', 'The disk is full, by the test.');
    this.life += 1;
    throw new Error('killed');
  }

  private files(life: number): IdentityFiles {
    const pass = (...perils: readonly Peril[]): void => {
      this.pass(life, ['kill', ...perils]);
    };
    return {
      read: (name) => this.disk.get(name),
      replace: (name, text) => {
        pass('full');
        const torn = this.torn(text, this.disk.get(name));
        this.disk.set(`${name}.new`, torn);
        this.writes.set(this.points, name);
        try {
          pass();
        } catch (thrown) {
          if (this.isTornItself(name)) this.disk.set(name, torn);
          throw thrown;
        }
        this.disk.delete(`${name}.new`);
        this.disk.set(name, text);
        pass();
      },
      remove: (name) => {
        pass();
        this.disk.delete(name);
        pass();
      },
    };
  }

  /** A connection to the services of the double, with its policies but without its sockets. */
  private link(
    { clientId, tls }: BrokerSettings,
    listener: LinkListener,
    life: number,
  ): ReturnType<Parameters<typeof createOpenCloudSession>[0]['openLink']> {
    const { account } = this.services;
    const id = certificateIdOf(String(tls?.cert));
    const isOpen = (): boolean => account.mayConnect(id) && account.allows(id, clientId, 'Connect', clientId);
    setImmediate(() => {
      try {
        this.pass(life, ['kill', 'cut']);
        if (!account.certificates.has(id)) {
          this.services.seen(String(tls?.cert));
          throw lost();
        }
        const entry = this.door(id, isOpen());
        if (entry instanceof Pm500Error) throw entry;
        if (!entry) throw new Pm500Error('MQTT_REFUSED', 'The certificate is not let in.');
        listener.onConnected();
      } catch (thrown) {
        listener.onClosed(thrown instanceof Pm500Error ? thrown : new Pm500Error('INTERNAL', String(thrown)));
      }
    });
    return {
      subscribe: async (topics) => {
        for (const topic of topics) if (!account.allows(id, clientId, 'Subscribe', topic)) throw lost();
        return Promise.resolve();
      },
      publishAcknowledged: (topic, payload) => {
        this.pass(life, ['kill', 'cut']);
        this.wire.push(payload.toString());
        if (!isOpen() || !account.allows(id, clientId, 'Publish', topic)) throw lost();
        const answer = this.services.answer(topic, payload.toString(), { certificateId: id, clientId });
        this.pass(life, ['kill', 'cut']);
        if (answer !== undefined && account.allows(id, clientId, 'Receive', answer.topic))
          listener.onMessage(answer.topic, Buffer.from(JSON.stringify(answer.payload)), false);
      },
      end: () => Promise.resolve(true),
    };
  }
}

/** The secret number of a private key. */
export function secretOf(keyPem: string): Buffer {
  return Buffer.from(createPrivateKey(keyPem).export({ format: 'jwk' }).d ?? '', 'base64url');
}
