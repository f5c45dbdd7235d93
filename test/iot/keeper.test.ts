import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { IdentityKeeper, type KeeperState } from '../../src/iot/enroll/keeper';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { stagedFiles } from '../../src/iot/enroll/staged';
import { lockFolder } from '../../src/outbox/folder-lock';
import type { Clock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { Authority } from '../../testkit/aws-iot/authority';
import { EdgeLives, instantClock, THING } from '../../testkit/aws-iot/edge-lives';
import { withoutRight } from '../../testkit/aws-iot/policy';
import { Services } from '../../testkit/aws-iot/services';
import { temporaryFolder } from '../../testkit/temporary-folder';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

interface Kept {
  /** Empty: none is named. */
  readonly thing?: string;
  readonly host?: string;
  readonly renewDays?: number;
}

/** An edge that keeps its identity by itself; the cloud is the double, in this process. */
class KeptEdge {
  readonly folder = join(temporaryFolder('kept'), 'identity');
  readonly services = new Services();
  readonly cloud = new EdgeLives(this.services);
  readonly warnings: string[] = [];
  readonly states: KeeperState[] = [];
  connects = 0;
  /** Whether the cloud answers a subscription at all. */
  isGranted = true;
  /** Of the wall clock. */
  nowMs = Date.now();
  /** Time that has passed beside that of the pauses. */
  passed = 0;
  private readonly instant = instantClock();
  readonly clock: Clock = {
    ...this.instant,
    now: () => this.nowMs,
    monotonic: () => this.instant.monotonic() + this.passed,
  };
  keeper: IdentityKeeper;

  constructor(settings: Kept = {}) {
    this.keeper = this.make(settings);
  }

  make({ thing = THING, host = 'cloud', renewDays = 30 }: Kept = {}, clock = this.clock): IdentityKeeper {
    const beginning = thing === '' ? {} : { beginning: { thing, host, port: 8883, caFile: '' } };
    const keeper: IdentityKeeper = new IdentityKeeper(
      { folder: this.folder, renewDays, ...beginning },
      {
        openFor: (place, signal) =>
          createOpenCloudSession({
            openLink: (...given) => {
              this.connects += 1;
              const link = this.cloud.openLink(...given);
              return this.isGranted ? link : { ...link, subscribe: () => new Promise<void>(() => undefined) };
            },
            ...{ clock, place, signal },
          }),
        ...{ clock, random: () => 0.5, ownId: () => process.getuid?.() },
        logger: { ...silentLogger, warn: (message) => this.warnings.push(message) },
        onChange: () => this.states.push(keeper.state),
      },
    );
    this.keeper = keeper;
    return keeper;
  }

  /** Lays the claim into the folder. */
  stage(): this {
    const files = stagedFiles(this.folder);
    folderFiles(this.folder).replace('claim.key.pem', this.cloud.claim.key);
    writeFileSync(files.certificate, this.cloud.claim.certificate);
    return this;
  }

  async enrolled(): Promise<this> {
    await this.stage().keeper.look();
    assert.equal(this.state?.current?.number, 1);
    this.states.splice(0);
    return this;
  }

  get state(): EdgeIdentity['state'] | undefined {
    return EdgeIdentity.read(folderFiles(this.folder))?.state;
  }

  get active(): readonly string[] {
    return this.services.account.activeOf(THING).map(({ id }) => id);
  }
}

describe('an edge that keeps its identity by itself', () => {
  it('makes its first certificate with a claim that is staged, and shows it meanwhile', async () => {
    const edge = new KeptEdge();
    const nextMs = await edge.stage().keeper.look();
    assert.deepEqual(edge.active, [edge.state?.current?.certificateId]);
    assert.deepEqual(edge.states, ['working', 'quiet']);
    assert.ok(nextMs > HOUR_MS / 2 && nextMs < 2 * HOUR_MS, String(nextMs));
    assert.deepEqual(edge.warnings, []);
  });

  it('asks nobody and makes nothing where nothing is staged, or no thing is named', async () => {
    const edge = new KeptEdge();
    const nextMs = await edge.keeper.look();
    assert.ok(nextMs <= 60_000);
    assert.equal(existsSync(edge.folder), false);
    edge.stage().make({ thing: '' });
    await edge.keeper.look();
    assert.deepEqual([edge.connects, edge.state, edge.warnings], [0, undefined, []]);
  });

  it('says once why a claim is of no use, and goes on by itself', async () => {
    const edge = new KeptEdge().stage();
    const { key } = stagedFiles(edge.folder);
    chmodSync(key, 0o644);
    const first = await edge.keeper.look();
    const second = await edge.keeper.look();
    assert.ok(first < second, 'it is tried again soon, and then later');
    assert.equal(edge.keeper.state, 'concerned');
    assert.match(edge.warnings.join(), /^The certificate of this edge is not renewed: .*mode 0644/);
    chmodSync(key, 0o600);
    edge.services.provisioning.expected.clear();
    await edge.keeper.look();
    assert.match(edge.warnings.at(-1) ?? '', /AccessDenied/);
    edge.services.provisioning.expected.add(THING);
    await edge.keeper.look();
    assert.deepEqual([edge.keeper.state, edge.warnings.length], ['quiet', 2]);
    assert.equal(edge.active.length, 1);
  });

  it('refuses a thing that AWS could not call so', async () => {
    const edge = new KeptEdge({ thing: 'a/b' }).stage();
    await edge.keeper.look();
    assert.match(edge.warnings.join(), /clientId is no name of a thing/);
  });

  it('takes what is entered anew while there is no certificate: the place, and the thing', async () => {
    const edge = new KeptEdge({ thing: 'mill-9' }).stage();
    await edge.keeper.look();
    assert.match(edge.warnings.join(), /AccessDenied/);
    assert.deepEqual([edge.state?.thing, edge.state?.next?.stage], ['mill-9', 'issued']);
    edge.make({ host: 'elsewhere' });
    edge.cloud.door = () => false;
    await edge.keeper.look();
    assert.deepEqual([edge.state?.thing, edge.state?.place.host], [THING, 'elsewhere']);
    edge.make();
    edge.cloud.door = (_id, isOpen) => isOpen;
    await edge.keeper.look();
    const { state } = edge;
    assert.deepEqual([state?.thing, state?.place.host, edge.keeper.state], [THING, 'cloud', 'quiet']);
    assert.deepEqual(edge.active, [state?.current?.certificateId]);
    // From then on the folder says where it belongs.
    edge.make({ host: 'elsewhere' });
    await edge.keeper.look();
    assert.equal(edge.state?.place.host, 'cloud');
  });

  it('gives up no certificate that is on its way for the name of another thing', async () => {
    const edge = new KeptEdge().stage();
    edge.cloud.look = () => {
      if (edge.state?.next?.stage === 'registered') edge.cloud.door = () => false;
    };
    await edge.keeper.look();
    assert.equal(edge.state?.next?.stage, 'registered');
    edge.make({ thing: 'mill-9' });
    await edge.keeper.look();
    assert.match(
      edge.warnings.at(-1) ?? '',
      /identity of mill-1, whose certificate is on its way, .* is mill-9; enter/,
    );
    assert.equal(edge.state.thing, THING);
  });

  it('waits for no subscription that is never granted, and looks again', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.isGranted = false;
    const { clock } = edge;
    const soon: Clock = { ...clock, after: (delayMs, ...more) => clock.after(Math.min(delayMs, 1000), ...more) };
    await edge.make({}, soon).look();
    assert.match(edge.warnings.join(), /^No job of the cloud can be taken: .* did not answer on .*get within 15 s/);
    edge.isGranted = true;
    edge.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    await edge.make().look();
    assert.equal(edge.state?.newest, 2);
  });

  it('rotates by a job, once, and leaves other jobs alone', async () => {
    const edge = await new KeptEdge().enrolled();
    const { jobs } = edge.services;
    jobs.create(THING, 'other', { operation: 'reboot' });
    await edge.keeper.look();
    assert.deepEqual([edge.state?.newest, edge.states], [1, []]);
    jobs.cancel(THING, 'other');
    jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    await edge.keeper.look();
    await edge.keeper.look();
    assert.equal(edge.state?.newest, 2);
    assert.deepEqual(edge.states, ['working', 'quiet']);
    assert.deepEqual(edge.active, [edge.state.current?.certificateId]);
    assert.equal(jobs.executions[1]?.status, 'SUCCEEDED');
  });

  it('rotates before the certificate ends, and not sooner', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.nowMs += YEAR_MS - 32 * DAY_MS;
    await edge.keeper.look();
    assert.equal(edge.state?.newest, 1);
    edge.nowMs += 2 * DAY_MS;
    await edge.keeper.look();
    assert.equal(edge.state.newest, 2);
    const [old] = [...edge.services.account.certificates.values()].filter(({ thing }) => thing === THING);
    assert.equal(old?.status, 'REVOKED');
  });

  it('asks for no certificate each hour where its clock is a year ahead', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.nowMs += YEAR_MS;
    for (let hour = 0; hour < 10; hour++) await edge.keeper.look();
    assert.equal(edge.state?.newest, 2);
    assert.match(edge.warnings.join(), /is within 30 days again: see the clock/);
    assert.equal(edge.warnings.length, 1);
  });

  it('tries again within minutes where a full disk kept it from beginning, and is concerned until then', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.nowMs += YEAR_MS - DAY_MS;
    // In place of the new key stands a folder, so that it cannot be written.
    mkdirSync(join(edge.folder, '2.key.pem', 'in the way'), { recursive: true });
    const waits = [await edge.keeper.look(), await edge.keeper.look()];
    assert.ok(
      waits.every((each) => each < HOUR_MS / 2),
      waits.join(),
    );
    assert.deepEqual([edge.keeper.state, edge.warnings.length, edge.state?.newest], ['concerned', 1, 1]);
    rmSync(join(edge.folder, '2.key.pem'), { recursive: true });
    await edge.keeper.look();
    assert.equal(edge.state?.current?.number, 2);
    // The time of the cloud stands still here, so that what it issues ends as soon.
    assert.match(edge.warnings.at(-1) ?? '', /see the clock/);
  });

  it('is concerned the whole day on which new certificates were not let in, says it once, and tries anew the next', async () => {
    const edge = await new KeptEdge().enrolled();
    const first = edge.state?.current?.certificateId;
    edge.nowMs += YEAR_MS - DAY_MS;
    edge.cloud.door = (id, isOpen) => isOpen && id === first;
    for (let hour = 0; hour < 5; hour++) {
      await edge.keeper.look();
      assert.deepEqual([edge.keeper.state, edge.warnings.length], ['concerned', 1]);
    }
    const { newest = 0 } = edge.state ?? {};
    assert.equal(newest, 3, 'two pairs a day');
    edge.cloud.door = (_id, isOpen) => isOpen;
    edge.passed += DAY_MS;
    await edge.keeper.look();
    assert.equal(edge.state?.current?.number, newest + 1);
    assert.match(edge.warnings.at(-1) ?? '', /see the clock/);
  });

  it('renews nothing before its end where only jobs may ask', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.make({ renewDays: 0 });
    edge.nowMs += YEAR_MS - DAY_MS;
    await edge.keeper.look();
    assert.equal(edge.state?.newest, 1);
  });

  it('takes no job where the policy allows none, says so once, and renews what ends all the same', async () => {
    const edge = await new KeptEdge().enrolled();
    const policy = edge.services.account.policies.get('pm500-edge')!;
    edge.services.account.policies.set('pm500-edge', withoutRight(policy, 'iot:Publish', '/jobs/'));
    await edge.keeper.look();
    await edge.keeper.look();
    assert.equal(edge.keeper.state, 'quiet');
    assert.equal(edge.warnings.length, 1);
    assert.match(edge.warnings[0] ?? '', /^No job of the cloud can be taken: .*iot:Publish/);
    edge.nowMs += YEAR_MS - DAY_MS;
    await edge.keeper.look();
    assert.equal(edge.state?.newest, 2);
  });

  it('has a person make what a person had made before, and uses it then', async () => {
    const enterprise = new Authority('enterprise');
    const edge = new KeptEdge({ thing: '' });
    edge.services.account.ownAuthorities.push(enterprise);
    const sign = (identity: EdgeIdentity, number: number): void => {
      const pem = enterprise.issue(identity.requestOf(number), {
        fromMs: edge.nowMs - DAY_MS,
        toMs: edge.nowMs + YEAR_MS,
      });
      identity.signedByHand(number, pem);
    };
    const { state } = (await new KeptEdge().enrolled()) as { state: EdgeIdentity['state'] };
    const identity = EdgeIdentity.begin(folderFiles(edge.folder), { ...state, newest: 0, current: undefined } as never);
    identity.makePair(1);
    identity.happened({ kind: 'key made', number: 1, isByHand: true });
    sign(identity, 1);
    identity.happened({ kind: 'committed' });
    // What it is for, the cloud learns with the first connection.
    await edge.keeper.look();
    edge.nowMs += YEAR_MS - DAY_MS;
    // What stopped it before is no news any more once a person is waited for.
    mkdirSync(join(edge.folder, '2.key.pem', 'in the way'), { recursive: true });
    await edge.keeper.look();
    assert.match(edge.warnings.at(-1) ?? '', /2\.key\.pem cannot be written/);
    rmSync(join(edge.folder, '2.key.pem'), { recursive: true });
    await edge.keeper.look();
    await edge.keeper.look();
    assert.deepEqual([edge.state?.next?.isByHand, edge.state?.next?.stage], [true, 'requested']);
    assert.equal(edge.keeper.state, 'concerned');
    assert.match(
      edge.warnings.at(-1) ?? '',
      /have it made for .*2\.request\.pem, then run pm500 cloud rotate --folder/,
    );
    const signed = EdgeIdentity.read(folderFiles(edge.folder))!;
    sign(signed, 2);
    await edge.keeper.look();
    assert.deepEqual([edge.state?.current, edge.keeper.state], [signedCurrent(signed), 'quiet']);
  });

  const signedCurrent = ({ state: { next } }: EdgeIdentity): object => ({
    number: 2,
    certificateId: next?.certificateId,
    isByHand: true,
  });

  it('keeps out of a folder in which somebody else works', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    const before = edge.connects;
    const release = await lockFolder(edge.folder);
    await edge.keeper.look();
    assert.deepEqual([edge.connects, edge.keeper.state, edge.warnings], [before, 'quiet', []]);
    await release();
    await edge.keeper.look();
    assert.equal(edge.state?.newest, 2);
  });

  it('is one of two that look at the same moment', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    const other = edge.make();
    const first = edge.make();
    await Promise.all([first.look(), other.look()]);
    assert.equal(edge.state?.newest, 2);
    assert.equal(edge.active.length, 1);
  });

  it('ends in the middle, and goes on there with the next start', async () => {
    const edge = await new KeptEdge().enrolled();
    edge.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    const waits: number[] = [];
    const start = (): void => {
      const clock: Clock = {
        ...edge.clock,
        after: (delayMs, callback, background) => {
          if (background === true) waits.push(delayMs);
          return edge.clock.after(
            background === true ? 0 : delayMs,
            background === true && waits.length > 1 ? () => undefined : callback,
          );
        },
      };
      waits.splice(0);
      edge.make({}, clock).start();
    };
    const closing = new Promise<void>((resolve) => {
      edge.cloud.look = () => {
        if (edge.state?.next?.stage !== 'issued') return;
        edge.cloud.look = () => undefined;
        void edge.keeper.close().then(resolve);
      };
    });
    start();
    await closing;
    assert.equal(edge.state?.current?.number, 1);
    assert.ok(edge.state.next !== undefined);
    assert.deepEqual(edge.warnings, []);
    await edge.make().look();
    assert.deepEqual([edge.state.current.number, edge.state.newest], [2, 2]);
    assert.equal(edge.services.jobs.executions[0]?.status, 'SUCCEEDED');
    // What is unfinished is looked at with the start, the rest is spread.
    start();
    assert.ok((waits[0] ?? 0) > 1000, String(waits[0]));
    await edge.keeper.close();
  });
});
