import assert from 'node:assert/strict';
import { IoTClient } from '@aws-sdk/client-iot';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { seededRandom } from '../../../src/support/random';
import type { Registered } from '../../../testkit/aws-iot/account';
import { Services } from '../../../testkit/aws-iot/services';
import { cleanUp, type CleanUpCloud } from '../lambda/clean-up';
import { cleanUpCloudOf } from '../lambda/clean-up/index';

const DAY_MS = 86_400_000;
const KEEP_DAYS = 30;

/** A registry with the rules of the service: nothing active or attached is deleted. */
class Registry {
  readonly services = new Services();
  readonly changedMs = new Map<string, number>();
  /** Attached to further things. */
  readonly alsoOf = new Map<string, string>();
  /** Calls until the function is ended. */
  left = Infinity;
  nowMs = Date.now();

  add(name: string, status: Registered['status'], ageDays: number, isAttached = true): Registered {
    const found = this.services.account.issue(makeRequest(makeKey(), name));
    this.services.account.things.add(name);
    found.status = status;
    if (isAttached) found.thing = name;
    found.policies.add('pm500-edge');
    this.changedMs.set(found.id, this.nowMs - ageDays * DAY_MS);
    return found;
  }

  get ids(): readonly string[] {
    return [...this.services.account.certificates.keys()];
  }

  private find(id: string): Registered {
    if (this.left-- <= 0) throw new Error('ended');
    return this.services.account.certificates.get(id) ?? assert.fail(`no certificate ${id}`);
  }

  private things(id: string): readonly string[] {
    return [this.find(id).thing, this.alsoOf.get(id)].flatMap((each) => each ?? []);
  }

  readonly cloud: Omit<CleanUpCloud, 'revoked'> = {
    describe: (id) => {
      const { status, commonName } = this.find(id);
      return Promise.resolve({ id, status, commonName, changedMs: this.changedMs.get(id) ?? Infinity });
    },
    thingsOf: (id) => Promise.resolve(this.things(id)),
    isEdge: (thing) => Promise.resolve(thing.startsWith('mill-') && this.services.account.things.has(thing)),
    hasActiveCertificate: (thing) => Promise.resolve(this.services.account.activeOf(thing).length > 0),
    detachPolicies: async (id) => {
      await Promise.resolve();
      this.find(id).policies.clear();
    },
    detachThing: async (id, thing) => {
      await Promise.resolve();
      const found = this.find(id);
      if (found.thing === thing) found.thing = undefined;
      else this.alsoOf.delete(id);
    },
    delete: async (id) => {
      await Promise.resolve();
      const { status, policies } = this.find(id);
      assert.notEqual(status, 'ACTIVE', 'CertificateStateException');
      assert.deepEqual([this.things(id), policies.size], [[], 0], 'DeleteConflictException');
      this.services.account.certificates.delete(id);
    },
  };

  async run(): Promise<Awaited<ReturnType<typeof cleanUp>>> {
    const ids = [...this.services.account.certificates.values()].filter(({ status }) => status === 'REVOKED');
    const cloud: CleanUpCloud = {
      ...this.cloud,
      revoked: async function* () {
        for (const { id } of ids) yield await Promise.resolve(id);
      },
    };
    return cleanUp(cloud, { nowMs: this.nowMs, keepDays: KEEP_DAYS });
  }
}

describe('deleting revoked certificates', () => {
  it('deletes what a rotation has revoked, once it was kept for the set time', async () => {
    const registry = new Registry();
    const old = registry.add('mill-1', 'REVOKED', KEEP_DAYS - 1);
    const now = registry.add('mill-1', 'ACTIVE', KEEP_DAYS - 1);
    assert.deepEqual((await registry.run()).deleted, []);
    registry.nowMs += DAY_MS;
    assert.deepEqual((await registry.run()).deleted, [old.id]);
    assert.deepEqual(registry.ids, [now.id]);
    assert.deepEqual([now.status, now.thing, now.policies.size], ['ACTIVE', 'mill-1', 1]);
  });

  it('keeps all that is in use, is of another thing, of no edge, or the last of its thing', async () => {
    const registry = new Registry();
    registry.add('mill-1', 'ACTIVE', 900);
    registry.add('mill-1', 'INACTIVE', 900);
    registry.alsoOf.set(registry.add('mill-1', 'REVOKED', 900).id, 'press-1');
    registry.add('press-1', 'ACTIVE', 900);
    registry.add('press-1', 'REVOKED', 900);
    registry.add('mill-2', 'REVOKED', 900);
    const ids = [...registry.ids];
    const { deleted, kept } = await registry.run();
    assert.deepEqual([deleted, registry.ids], [[], ids]);
    assert.deepEqual(
      kept.map((each) => each.replace(/^\w+: /, '')),
      ['attached to another thing', 'its thing has no active one'],
    );
    for (const each of registry.services.account.certificates.values()) assert.equal(each.policies.size, 1);
  });

  it('leaves one alone that was made active again meanwhile', async () => {
    const registry = new Registry();
    registry.add('mill-1', 'ACTIVE', 900);
    const again = registry.add('mill-1', 'REVOKED', 900);
    const thingsOf = registry.cloud.thingsOf.bind(registry.cloud);
    Object.assign(registry.cloud, {
      thingsOf: (id: string) => {
        again.status = 'ACTIVE';
        return thingsOf(id);
      },
    });
    assert.deepEqual((await registry.run()).deleted, []);
    assert.equal(again.policies.size, 1);
  });

  it('at random, ended at any call and run again, deletes exactly what may go', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(seed);
      const registry = new Registry();
      const statuses = ['ACTIVE', 'INACTIVE', 'REVOKED', 'REVOKED', 'PENDING_ACTIVATION'] as const;
      for (let at = 0; at < 12; at++) {
        const name = `${random() < 0.7 ? 'mill' : 'press'}-${Math.floor(random() * 3)}`;
        const status = statuses[Math.floor(random() * statuses.length)] ?? 'ACTIVE';
        const { id } = registry.add(name, status, random() * 60, random() < 0.8);
        if (random() < 0.1) registry.alsoOf.set(id, 'press-9');
      }
      const mayGo = [...registry.services.account.certificates.values()].filter(
        ({ id, status, commonName = '' }) =>
          status === 'REVOKED' &&
          commonName.startsWith('mill-') &&
          registry.nowMs - (registry.changedMs.get(id) ?? 0) >= KEEP_DAYS * DAY_MS &&
          !registry.alsoOf.has(id) &&
          registry.services.account.activeOf(commonName).length > 0,
      );
      const stay = registry.ids.filter((id) => !mayGo.some((each) => each.id === id));
      for (let run = 0; run < 3; run++) {
        registry.left = Math.floor(random() * 40);
        await registry.run().catch(() => undefined);
      }
      registry.left = Infinity;
      await registry.run();
      assert.deepEqual(registry.ids, stay, `seed ${seed}`);
    }
  });
});

describe('deleting by the client of AWS', () => {
  const requests: string[] = [];
  const [active, revoked] = ['a'.repeat(64), 'b'.repeat(64)];
  const arnOf = (id: string): string => `arn:aws:iot:eu-central-1:123456789012:cert/${id}`;
  const { pem } = new Services().account.issue(makeRequest(makeKey(), 'mill-1'));
  const THEN = 1_700_000_000;

  /** Answers as the service does (API Reference). */
  function reply(method: string, path: string, query: Readonly<Record<string, string>>): unknown {
    requests.push(`${method} ${path}`);
    const certificate = (id: string, status: string): unknown => ({
      certificateDescription: { certificateId: id, status, certificatePem: pem, lastModifiedDate: THEN },
    });
    if (path === '/certificates')
      return query['marker'] === undefined
        ? { certificates: [{ certificateId: active, status: 'ACTIVE' }], nextMarker: 'more' }
        : { certificates: [{ certificateId: revoked, status: 'REVOKED' }] };
    if (path === `/certificates/${revoked}` && method === 'GET') return certificate(revoked, 'REVOKED');
    if (path === `/certificates/${active}`) return certificate(active, 'ACTIVE');
    if (path === '/principals/things') return { things: ['mill-1'] };
    if (path === '/things/mill-1') return { thingTypeName: 'pm500-edge' };
    if (path === '/things/mill-1/principals' && method === 'GET')
      return { principals: [arnOf(active), arnOf(revoked)] };
    if (path.startsWith('/attached-policies/')) return { policies: [{ policyName: 'pm500-edge' }] };
    return {};
  }
  const requestHandler = {
    handle: ({ method, path, query }: { method: string; path: string; query: Record<string, string> }) =>
      Promise.resolve({
        response: { statusCode: 200, headers: {}, body: Buffer.from(JSON.stringify(reply(method, path, query))) },
      }),
    metadata: {},
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new IoTClient({
    ...{ region: 'eu-central-1', credentials, requestHandler: requestHandler as never, maxAttempts: 1 },
  });

  it('looks at all pages, takes policies and thing off, and deletes last', async () => {
    const cloud = cleanUpCloudOf(client, 'pm500-edge', arnOf);
    const early = await cleanUp(cloud, { nowMs: THEN * 1000 + 29 * DAY_MS, keepDays: 30 });
    assert.deepEqual(early, { deleted: [], kept: [] });
    const { deleted } = await cleanUp(cloud, { nowMs: THEN * 1000 + 30 * DAY_MS, keepDays: 30 });
    assert.deepEqual(deleted, [revoked]);
    assert.deepEqual(requests.slice(-3), [
      'POST /target-policies/pm500-edge',
      'DELETE /things/mill-1/principals',
      `DELETE /certificates/${revoked}`,
    ]);
  });
});
