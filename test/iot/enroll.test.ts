import assert from 'node:assert/strict';
import { usablePairs } from '../../src/iot/enroll/identity';
import { certificateFile, IDENTITY_FILE, keyFile, requestFile } from '../../src/iot/enroll/identity-files';
import type { EnrollWish } from '../../src/iot/enroll/machine';
import { newIdentity } from '../../src/iot/enroll/state';
import { seededRandom } from '../../src/support/random';
import { Pm500Error } from '../../src/support/errors';
import { Authority } from '../../testkit/aws-iot/authority';
import { EdgeLives, secretOf, THING, type Peril } from '../../testkit/aws-iot/edge-lives';
import { withoutRight } from '../../testkit/aws-iot/policy';
import { Refusal } from '../../testkit/aws-iot/rules';
import { Services } from '../../testkit/aws-iot/services';

const DAY_MS = 86_400_000;
const MOST_LIVES = 60;
/** A key that a write was cut off in has none. */
const KEY_END = '-----END PRIVATE KEY-----';
const enterprise = new Authority('enterprise');
const signByEnterprise = (request: string): string =>
  enterprise.issue(request, { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS });

/** What a broker says that has no time. */
const busy = (): Pm500Error => new Pm500Error('MQTT_REFUSED', 'A quota is used up, by the test.', { retryable: true });

interface Course {
  readonly edge: EdgeLives;
  readonly services: Services;
  readonly secrets: Set<string>;
}

/** An edge of which at each point all is true that always has to be. */
function course(now?: () => number): Course {
  const services = new Services(now === undefined ? {} : { now });
  services.account.ownAuthorities.push(enterprise);
  const edge = new EdgeLives(services);
  const secrets = new Set<string>();
  let wasConnected = false;
  edge.look = () => {
    wasConnected ||= edge.state?.current !== undefined;
    // Once it could connect it always can, whatever is on the disk at this moment.
    if (wasConnected) assert.ok(edge.canConnect, `after ${edge.points} points it can connect no more`);
    for (const [name, text] of edge.disk)
      if (name.endsWith('.key.pem') && text.trimEnd().endsWith(KEY_END)) secrets.add(text);
  };
  return { edge, services, secrets };
}

/** Lives of the program until something is so; what ends a life early is the peril. */
async function liveUntil(
  { edge }: Course,
  isSo: () => boolean,
  wish: () => EnrollWish,
  {
    takesJobs = false,
    between = () => undefined,
  }: { readonly takesJobs?: boolean; readonly between?: () => void } = {},
): Promise<void> {
  for (let life = 0; !isSo(); life++) {
    assert.ok(life < MOST_LIVES, `nothing comes to its end: ${JSON.stringify(edge.state)}`);
    try {
      await edge.live(wish(), takesJobs);
      between();
    } catch (thrown) {
      // What must always be true is not, or a life ended that nothing befell.
      if (thrown instanceof assert.AssertionError) throw thrown;
      assert.ok(edge.befallen > 0, String(thrown));
    }
    edge.look();
  }
}

const isQuiet = ({ edge }: Course): boolean => {
  const { state } = edge;
  return (
    state?.current !== undefined && state.next === undefined && state.retired.length === 0 && state.job === undefined
  );
};

/** The first certificate, one by a job, and one because it is time. */
async function wholeCourse(one: Course, isByHand: boolean, between: () => void): Promise<void> {
  const { edge, services } = one;
  const hand = (): void => {
    between();
    if (isByHand) edge.signByHand(signByEnterprise);
  };
  await liveUntil(
    one,
    () => isQuiet(one),
    () => ({ renews: false, isByHand }),
    { between: hand },
  );
  const [first] = services.account.activeOf(THING);
  services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
  const isReported = (): boolean => isQuiet(one) && services.jobs.next(THING) === undefined;
  await liveUntil(one, isReported, () => ({ renews: false, isByHand }), { takesJobs: true, between: hand });
  const [second] = services.account.activeOf(THING);
  assert.notEqual(second?.id, first?.id);
  const isOld = (): boolean => edge.state?.current?.certificateId === second?.id;
  const wish = (): EnrollWish => ({ renews: isOld() && edge.state?.next === undefined, isByHand });
  await liveUntil(one, () => isQuiet(one) && !isOld(), wish, { between: hand });
}

function checkEnd({ edge, services, secrets }: Course): void {
  const { current } = edge.state ?? {};
  assert.ok(current !== undefined);
  const active = services.account.activeOf(THING).map(({ id }) => id);
  assert.deepEqual(active, [current.certificateId]);
  const { number } = current;
  const names = [IDENTITY_FILE, certificateFile(number), keyFile(number), requestFile(number)];
  assert.deepEqual([...edge.disk.keys()].filter((name) => !name.endsWith('.new')).sort(), names.sort());
  for (const key of secrets) {
    const secret = secretOf(key);
    for (const sent of edge.wire) {
      const request = /-----BEGIN CERTIFICATE REQUEST-----(.*)-----END/s.exec(sent.replaceAll('\\n', ''))?.[1] ?? '';
      assert.ok(!Buffer.from(request, 'base64').includes(secret));
      assert.ok(!sent.includes('PRIVATE') && !sent.includes(secret.toString('base64url')));
    }
  }
  assert.ok(secrets.size >= 3);
}

describe('pairs by which an edge can connect', () => {
  it('are the one in use, and the new one from its registration on, first once the cloud was asked to commit it', () => {
    const state = { ...newIdentity(THING, {} as never), current: { number: 1, certificateId: 'a' } };
    const pairsAt = (stage: 'requested' | 'issued' | 'registered' | 'proven'): readonly number[] =>
      usablePairs({ ...state, next: { number: 2, stage, isByHand: false } });
    assert.deepEqual([pairsAt('requested'), pairsAt('issued')], [[1], [1]]);
    assert.deepEqual(
      [pairsAt('registered'), pairsAt('proven')],
      [
        [1, 2],
        [2, 1],
      ],
    );
  });
});

describe('enrolling and rotating', function () {
  this.timeout(120_000);

  for (const isByHand of [false, true]) {
    const way = isByHand ? 'an authority of the enterprise' : 'a claim';

    it(`by ${way} takes one life where nothing happens`, async () => {
      const one = course();
      await wholeCourse(one, isByHand, () => undefined);
      checkEnd(one);
      assert.equal(one.edge.state?.current?.number, 3);
    });

    for (const peril of ['kill', 'cut', 'full'] satisfies readonly Peril[]) {
      it(`by ${way} survives ${peril} at every point`, async () => {
        const calm = course();
        await wholeCourse(calm, isByHand, () => undefined);
        assert.ok(calm.edge.points > 50);
        for (const [at, dangers] of calm.edge.dangers.entries()) {
          if (!dangers.includes(peril)) continue;
          const one = course();
          one.edge.peril = (point) => (point === at ? peril : undefined);
          await wholeCourse(one, isByHand, () => undefined);
          checkEnd(one);
          assert.equal(one.edge.befallen, 1);
        }
      });
    }

    for (const [left, torn] of [
      ['nothing', () => ''],
      ['a byte', (text) => text.slice(0, 1)],
      ['half', (text) => text.slice(0, text.length / 2)],
      ['all but a byte', (text) => text.slice(0, -1)],
      ['what was there before', (_text, before) => before ?? ''],
      ['all of it', (text) => text],
    ] satisfies readonly (readonly [string, EdgeLives['torn']])[])
      it(`by ${way} survives each write that is cut off and leaves ${left}, beside the file and in it`, async () => {
        const calm = course();
        await wholeCourse(calm, isByHand, () => undefined);
        const written = new Set(calm.edge.writes.values());
        for (const number of [1, 2, 3])
          for (const name of [IDENTITY_FILE, keyFile(number), requestFile(number), certificateFile(number)])
            assert.ok(written.has(name), name);
        for (const at of calm.edge.writes.keys()) {
          for (const isInIt of [false, true]) {
            const one = course();
            one.edge.torn = torn;
            // The state is replaced by its new name, and that after its contents are on the disk: it is never torn itself.
            one.edge.isTornItself = (name) => isInIt && name !== IDENTITY_FILE;
            one.edge.peril = (point) => (point === at ? 'kill' : undefined);
            await wholeCourse(one, isByHand, () => undefined);
            checkEnd(one);
            assert.equal(one.edge.befallen, 1);
          }
        }
      });

    it(`by ${way} survives all of them at random, hours apart`, async () => {
      for (let seed = 0; seed < 350; seed++) {
        const random = seededRandom(seed);
        let nowMs = 1_800_000_000_000;
        const one = course(() => nowMs);
        const often = random() * 0.08;
        const perils: readonly Peril[] = ['kill', 'cut', 'full'];
        // A network that is cut all the time is one that is away.
        let lastCut = -Infinity;
        one.edge.peril = (point) => {
          const peril = random() < often ? perils[Math.floor(random() * 3)] : undefined;
          if (peril !== 'cut') return peril;
          if (point - lastCut < 12) return undefined;
          lastCut = point;
          return peril;
        };
        // What is revoked is let in for a while, and what is new is not: each cloud has a pace of its own.
        const late = random() * 0.5;
        one.edge.door = (id, isOpen) => {
          if (random() >= late) return isOpen;
          one.edge.befallen += 1;
          const isRevoked = one.services.account.certificates.get(id)?.status === 'REVOKED';
          return isRevoked || busy();
        };
        await wholeCourse(one, isByHand, () => {
          // A token of ownership may be over by then.
          nowMs += random() < 0.3 ? 2 * 3_600_000 : 1000;
        });
        checkEnd(one);
      }
    });
  }

  it('finishes what a canceled job began, and reports to it no more', async () => {
    const one = course();
    await liveUntil(
      one,
      () => isQuiet(one),
      () => ({ renews: false, isByHand: false }),
    );
    one.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    one.edge.look = () => {
      const [job] = one.services.jobs.executions;
      if (one.edge.state?.next?.stage === 'issued' && job?.status === 'IN_PROGRESS')
        one.services.jobs.cancel(THING, 'renew');
    };
    assert.equal(await one.edge.live({ renews: false, isByHand: false }, true), 'done');
    assert.equal(one.edge.state?.current?.number, 2);
    assert.equal(one.edge.state.job, undefined);
    assert.equal(one.services.jobs.executions[0]?.status, 'CANCELED');
  });

  it('takes up a job whose version has changed, and leaves jobs alone that are not its own', async () => {
    const one = course();
    await liveUntil(
      one,
      () => isQuiet(one),
      () => ({ renews: false, isByHand: false }),
    );
    one.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    one.edge.look = () => {
      const [job] = one.services.jobs.executions;
      if (one.edge.state?.next?.stage === 'issued' && job?.version === 2) job.version = 5;
    };
    await one.edge.live({ renews: false, isByHand: false }, true);
    assert.equal(one.services.jobs.executions[0]?.status, 'SUCCEEDED');
    one.services.jobs.create(THING, 'other', { operation: 'reboot' });
    await one.edge.live({ renews: false, isByHand: false }, true);
    assert.equal(one.edge.state?.current?.number, 2);
    assert.notEqual(one.services.jobs.executions[1]?.status, 'SUCCEEDED');
  });

  for (const refusal of [busy, () => false] as const) {
    it(`keeps a pair whose commit was not answered while it is ${refusal === busy ? 'too much' : 'not let in'}`, async () => {
      const one = course();
      await liveUntil(
        one,
        () => isQuiet(one),
        () => ({ renews: false, isByHand: false }),
      );
      const [old] = one.services.account.activeOf(THING);
      one.edge.peril = () => (old?.status === 'REVOKED' && one.edge.befallen === 0 ? 'cut' : undefined);
      await assert.rejects(one.edge.live({ renews: true, isByHand: false }), { code: 'MQTT_CONNECTION_LOST' });
      assert.equal(old?.status, 'REVOKED');
      one.edge.door = (id, isOpen) => (id === old.id ? true : isOpen && refusal());
      for (let run = 0; run < 2; run++)
        await assert.rejects(one.edge.live({ renews: false, isByHand: false }), {
          code: refusal === busy ? 'MQTT_REFUSED' : 'IDENTITY_NOT_PROVEN',
          retryable: true,
        });
      assert.deepEqual([one.edge.state?.current?.number, one.edge.state?.next?.number], [1, 2]);
      one.edge.door = (_id, isOpen) => isOpen;
      await one.edge.live({ renews: false, isByHand: false });
      assert.equal(one.edge.state?.current?.number, 2);
      assert.ok(one.edge.canConnect);
    });
  }

  /** A new pair is being made and has come so far, and then the process died. */
  async function diesAt(stage: 'requested' | 'issued' | 'registered' | 'proven', isFirst: boolean): Promise<Course> {
    const one = course();
    const wish = { renews: !isFirst, isByHand: false };
    if (!isFirst)
      await liveUntil(
        one,
        () => isQuiet(one),
        () => ({ renews: false, isByHand: false }),
      );
    one.edge.peril = () => (one.edge.state?.next?.stage === stage && one.edge.befallen === 0 ? 'kill' : undefined);
    await assert.rejects(one.edge.live(wish));
    assert.equal(one.edge.state?.next?.stage, stage);
    return one;
  }

  const BEFALLS: Readonly<Record<string, (text: string) => string | undefined>> = {
    gone: () => undefined,
    'cut in half': (text) => text.slice(0, text.length / 2),
    empty: () => '',
  };
  const befall = ({ edge }: Course, name: string, how: string): void => {
    const text = BEFALLS[how]?.(edge.disk.get(name) ?? '');
    if (text === undefined) edge.disk.delete(name);
    else edge.disk.set(name, text);
  };

  for (const how of Object.keys(BEFALLS)) {
    for (const stage of ['requested', 'issued', 'registered'] as const) {
      for (const file of stage === 'requested' ? [keyFile] : [keyFile, certificateFile]) {
        it(`makes another pair where ${file(2)} is ${how} once the pair is ${stage}`, async () => {
          const one = await diesAt(stage, false);
          befall(one, file(2), how);
          assert.equal(await one.edge.live({ renews: false, isByHand: false }), 'done');
          assert.equal(one.edge.state?.current?.number, 3);
          assert.ok(isQuiet(one) && one.edge.canConnect);
          assert.ok(![...one.edge.disk.keys()].some((name) => name.startsWith('2.')), 'the files of the pair are gone');
        });
      }
    }

    it(`leaves it to a person where the cloud may know no other pair, and its key is ${how}`, async () => {
      for (const [stage, isFirst] of [
        ['proven', false],
        ['registered', true],
      ] as const) {
        const one = await diesAt(stage, isFirst);
        const name = keyFile(isFirst ? 1 : 2);
        const kept = one.edge.disk.get(name) ?? '';
        befall(one, name, how);
        await assert.rejects(one.edge.live({ renews: false, isByHand: false }), Pm500Error);
        assert.equal(one.edge.state?.next?.stage, stage);
        one.edge.disk.set(name, kept);
        assert.equal(await one.edge.live({ renews: false, isByHand: false }), 'done');
        assert.equal(one.edge.state.current?.number, isFirst ? 1 : 2);
      }
    });
  }

  it('gives no new certificate up because the cloud is busy', async () => {
    const one = course();
    await liveUntil(
      one,
      () => isQuiet(one),
      () => ({ renews: false, isByHand: false }),
    );
    const [good] = one.services.account.activeOf(THING);
    one.edge.door = (id, isOpen) => (id === good?.id ? isOpen : busy());
    for (let run = 0; run < 2; run++)
      await assert.rejects(one.edge.live({ renews: run === 0, isByHand: false }), { code: 'MQTT_REFUSED' });
    assert.equal(one.edge.state?.next?.number, 2);
  });

  it('leaves it to a person to give up what a person had made, and takes another one for the same request', async () => {
    const one = course();
    const { edge } = one;
    const hand = { renews: false, isByHand: true };
    await liveUntil(
      one,
      () => isQuiet(one),
      () => hand,
      {
        between: () => {
          edge.signByHand(signByEnterprise);
        },
      },
    );
    const [good] = one.services.account.activeOf(THING);
    assert.equal(await edge.live({ ...hand, renews: true }), 'waits');
    edge.signByHand(signByEnterprise);
    let tries = 0;
    edge.door = (id, isOpen) => {
      if (id === good?.id) return isOpen;
      tries += 1;
      return false;
    };
    await assert.rejects(edge.live(hand), {
      code: 'IDENTITY_NOT_PROVEN',
      message: /give another one for the same request/,
    });
    // The first connection of a certificate that was never seen is ended by the cloud, and does not come to the door.
    assert.equal(tries, 3);
    const wrong = edge.state?.next?.certificateId;
    edge.signByHand(signByEnterprise);
    assert.notEqual(edge.state?.next?.certificateId, wrong);
    // Provisioning is done with the fourth connection.
    tries = 0;
    edge.door = (id, isOpen) => isOpen && (id === good?.id || ++tries >= 3);
    assert.equal(await edge.live(hand), 'done');
    assert.deepEqual([edge.state?.current?.number, edge.state?.newest], [2, 2]);
  });

  it('rotates though the job of before cannot be told, and tells it once that works', async () => {
    const one = course();
    const { edge, services } = one;
    await liveUntil(
      one,
      () => isQuiet(one),
      () => ({ renews: false, isByHand: false }),
    );
    services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    const edgePolicy = services.account.policies.get('pm500-edge')!;
    const withoutJobs = withoutRight(edgePolicy, 'iot:Publish', '/jobs/');
    edge.look = () => {
      if (edge.state?.next?.stage === 'issued') services.account.policies.set('pm500-edge', withoutJobs);
    };
    await assert.rejects(edge.live({ renews: false, isByHand: false }, true), { code: 'MQTT_CONNECTION_LOST' });
    assert.equal(edge.state?.current?.number, 2);
    await assert.rejects(edge.live({ renews: true, isByHand: false }, true), { code: 'MQTT_CONNECTION_LOST' });
    assert.equal(edge.state.current.number, 3);
    edge.look = () => undefined;
    services.account.policies.set('pm500-edge', edgePolicy);
    assert.equal(await edge.live({ renews: false, isByHand: false }, true), 'done');
    assert.equal(services.jobs.executions[0]?.status, 'SUCCEEDED');
    assert.equal(edge.state.current.number, 3);
  });

  it('gives a certificate up that is not let in, keeps the one of before, and tries once more', async () => {
    const one = course();
    await liveUntil(
      one,
      () => isQuiet(one),
      () => ({ renews: false, isByHand: false }),
    );
    const [good] = one.services.account.activeOf(THING);
    one.edge.look = () => {
      for (const each of one.services.account.activeOf(THING)) if (each.id !== good?.id) each.policies.clear();
    };
    await assert.rejects(one.edge.live({ renews: true, isByHand: false }), { code: 'IDENTITY_NOT_PROVEN' });
    assert.equal(one.edge.state?.current?.certificateId, good?.id);
    assert.equal(one.edge.state?.newest, 3);
    assert.equal(good?.status, 'ACTIVE');
  });

  for (const [code, status] of [
    ['ThrottlingException', 429],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
  ] as const)
    it(`asks for no other certificate while the cloud cannot register the one that it gave (${code})`, async () => {
      const one = course();
      const { provisioning, account } = one.services;
      const registerThing = provisioning.registerThing.bind(provisioning);
      provisioning.registerThing = () => {
        throw new Refusal(code, 'Try later.', status);
      };
      const refused = { code: 'IDENTITY_REFUSED', retryable: true, message: /Try later.*it may do so later/ };
      for (let life = 0; life < 3; life++)
        await assert.rejects(one.edge.live({ renews: false, isByHand: false }), refused);
      assert.equal(one.edge.state?.newest, 1);
      const issued = account.certificates.size;
      provisioning.registerThing = registerThing;
      await one.edge.live({ renews: false, isByHand: false });
      assert.equal(one.edge.state.current?.number, 1);
      assert.equal(account.certificates.size, issued);
    });

  for (const code of ['RequestThrottled', 'InternalError'])
    it(`tells a job that is done once the cloud can be told (${code})`, async () => {
      const one = course();
      await liveUntil(
        one,
        () => isQuiet(one),
        () => ({ renews: false, isByHand: false }),
      );
      const { jobs } = one.services;
      jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
      const update = jobs.update.bind(jobs);
      let isBusy = true;
      jobs.update = (thing, jobId, request) => {
        if (isBusy && request['status'] === 'SUCCEEDED') throw new Refusal(code, 'Try later.', 429);
        return update(thing, jobId, request);
      };
      await assert.rejects(one.edge.live({ renews: false, isByHand: false }, true), { code: 'IDENTITY_REFUSED' });
      assert.deepEqual([one.edge.state?.current?.number, jobs.executions[0]?.status], [2, 'IN_PROGRESS']);
      isBusy = false;
      await one.edge.live({ renews: false, isByHand: false });
      assert.equal(jobs.executions[0]?.status, 'SUCCEEDED');
      assert.ok(isQuiet(one));
    });

  it('keeps its pair while a claim is refused, and goes on with it once the thing is expected', async () => {
    const one = course();
    one.services.provisioning.expected.clear();
    const refused = { code: 'IDENTITY_REFUSED', message: /AccessDenied/ };
    for (let life = 0; life < 3; life++)
      await assert.rejects(one.edge.live({ renews: false, isByHand: false }), refused);
    assert.equal(one.edge.state?.newest, 1);
    one.services.provisioning.expected.add(THING);
    await one.edge.live({ renews: false, isByHand: false });
    assert.equal(one.edge.state.current?.number, 1);
  });
});
