import assert from 'node:assert/strict';
import { IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { Services } from '../../../testkit/aws-iot/services';
import { makeKey, makeRequest } from '../../../src/iot/enroll/request';
import { commit, type CommitCloud, type CommitRequest } from '../lambda/commit';
import { cloudOf } from '../lambda/commit/index';
import { registryOf } from '../lambda/registry';

/** A registry of one thing, which notes what is done to it. */
class Noted implements CommitCloud {
  readonly done: string[] = [];
  answer: Readonly<Record<string, unknown>> = {};
  constructor(private readonly own: readonly string[]) {}

  certificatesOf(): Promise<readonly string[]> {
    return Promise.resolve(this.own);
  }
  revoke(id: string): Promise<void> {
    this.done.push(`revoke ${id}`);
    return Promise.resolve();
  }
  publish(topic: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    this.done.push(topic);
    this.answer = payload;
    return Promise.resolve();
  }
}

const TOPIC = 'pm500/mill-1/certificate/commit';

async function run(request: CommitRequest, own: readonly string[] = ['old', 'new']): Promise<Noted> {
  const cloud = new Noted(own);
  await commit({ thing: 'mill-1', clientToken: 't', ...request }, cloud, 1_767_600_000_500);
  return cloud;
}

describe('the commit of a rotation', () => {
  it('revokes the others, then answers', async () => {
    const { done, answer } = await run({ certificateId: 'new', principal: 'new' });
    assert.deepEqual(done, ['revoke old', `${TOPIC}/accepted`]);
    assert.deepEqual(answer, { certificateId: 'new', clientToken: 't', timestamp: 1_767_600_000 });
  });

  it('revokes nothing for another certificate, another thing, or nothing at all', async () => {
    for (const [request, own, code] of [
      [{ certificateId: 'new', principal: 'old' }, ['old', 'new'], 'PrincipalMismatch'],
      [{ certificateId: 'new', principal: 'new' }, ['old'], 'ThingMismatch'],
      [{ principal: 'new' }, ['old', 'new'], 'InvalidRequest'],
      [{ certificateId: 7, principal: 'new' }, ['old', 'new'], 'InvalidRequest'],
    ] as const) {
      const { done, answer } = await run(request, own);
      assert.deepEqual(done, [`${TOPIC}/rejected`]);
      assert.equal(answer['code'], code);
      assert.equal(answer['clientToken'], 't');
    }
    await assert.rejects(run({ thing: undefined, certificateId: 'new', principal: 'new' }));
  });

  it('answers nothing where revoking failed, so that the edge asks again', async () => {
    const cloud = new Noted(['old', 'new']);
    cloud.revoke = () => Promise.reject(new Error('throttled'));
    await assert.rejects(commit({ thing: 'mill-1', certificateId: 'new', principal: 'new' }, cloud, 0), /throttled/);
    assert.deepEqual(cloud.done, []);
  });

  it('answers as the double does, which edges rotate against in other tests', async () => {
    const services = new Services();
    const [old, now] = [0, 1].map(() => services.account.issue(makeRequest(makeKey(), 'mill-1')));
    assert.ok(old && now);
    for (const each of [old, now]) Object.assign(each, { thing: 'mill-1', status: 'ACTIVE' });
    for (const [asked, principal] of [
      [now.id, now.id],
      [now.id, old.id],
      ['unknown', 'unknown'],
    ] as const) {
      const cloud = new Noted(services.account.activeOf('mill-1').map(({ id }) => id));
      await commit(
        { thing: 'mill-1', certificateId: asked, principal, clientToken: 'x' },
        cloud,
        services.account.now(),
      );
      const text = JSON.stringify({ certificateId: asked, clientToken: 'x' });
      const double = services.answer(TOPIC, text, { certificateId: principal, clientId: 'mill-1.identity' });
      assert.ok(double);
      assert.equal(double.topic, cloud.done.at(-1));
      assert.equal(double.payload['code'], cloud.answer['code']);
      assert.deepEqual(Object.keys(double.payload).sort(), Object.keys(cloud.answer).sort());
    }
  });
});

describe('functions by the client of AWS', () => {
  const requests: string[] = [];
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const active = 'a'.repeat(64);
  const revoked = 'b'.repeat(64);

  /** Answers as the service does (API Reference), by the path that the client made. */
  function reply(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
  ): { status: number; body: string } {
    requests.push(`${method} ${path}${query['newStatus'] === undefined ? '' : ` ${query['newStatus']}`}`);
    const arn = (id: string): string => `arn:aws:iot:eu-central-1:123456789012:cert/${id}`;
    if (path === '/things/mill-1/principals')
      return query['nextToken'] === undefined
        ? { status: 200, body: JSON.stringify({ principals: [arn(revoked)], nextToken: 'more' }) }
        : { status: 200, body: JSON.stringify({ principals: [arn(active), 'arn:aws:cognito:x'] }) };
    if (path === '/things/mill-1') return { status: 200, body: JSON.stringify({ thingTypeName: 'pm500-edge' }) };
    if (path === `/certificates/${active}`)
      return { status: 200, body: JSON.stringify({ certificateDescription: { status: 'ACTIVE' } }) };
    if (path === `/certificates/${revoked}`)
      return { status: 200, body: JSON.stringify({ certificateDescription: { status: 'REVOKED' } }) };
    if (path.startsWith('/topics/')) return { status: 200, body: '' };
    return { status: 404, body: JSON.stringify({ message: 'not there' }) };
  }

  const requestHandler = {
    handle: ({ method, path, query }: { method: string; path: string; query: Record<string, string> }) => {
      const { status, body } = reply(method, path, query);
      const headers = status === 404 ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {};
      return Promise.resolve({ response: { statusCode: status, headers, body: Buffer.from(body) } });
    },
    metadata: {},
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const options = { region: 'eu-central-1', credentials, requestHandler: requestHandler as never, maxAttempts: 1 };
  const registry = registryOf(new IoTClient(options), 'pm500-edge');

  beforeEach(() => {
    requests.length = 0;
  });

  it('a thing is expected when it was made as an edge', async () => {
    assert.equal(await registry.isExpected('mill-1'), true);
    assert.equal(await registry.isExpected('mill-2'), false);
    assert.equal(await registryOf(new IoTClient(options), 'other').isExpected('mill-1'), false);
  });

  it('certificates are looked at on all pages', async () => {
    assert.equal(await registry.hasActiveCertificate('mill-1'), true);
    assert.ok(requests.includes(`GET /certificates/${active}`));
  });

  it('the commit revokes and answers', async () => {
    const cloud = cloudOf(new IoTClient(options), new IoTDataPlaneClient(options));
    await commit({ thing: 'mill-1', certificateId: active, principal: active }, cloud, 0);
    assert.deepEqual(requests.slice(-2), [
      `PUT /certificates/${revoked} REVOKED`,
      `POST /topics/${encodeURIComponent(`${TOPIC}/accepted`)}`,
    ]);
  });
});
