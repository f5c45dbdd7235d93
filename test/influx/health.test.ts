import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/influx/endpoint';
import type { Health } from '../../src/delivery/destination';
import { checkHealth } from '../../src/influx/health';
import { systemClock } from '../../src/support/clock';
import { FakeClock } from '../../testkit/fake-clock';
import { reply, replyJson, ScriptedInflux, silence } from '../../testkit/servers/scripted-influx';

const NEVER = new AbortController().signal;
const V2: Endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' };

describe('health of a database', () => {
  let server: ScriptedInflux;

  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
  });

  afterEach(async () => {
    await server.stop();
  });

  const check = (endpoint: Endpoint = V2): Promise<Health> =>
    checkHealth({ url: server.url, endpoint, timeoutMs: 5000 }, systemClock, NEVER);

  it('is good where an empty write would pass, and nothing is stored', async () => {
    server.probe = reply(204, '', { 'x-influxdb-version': '2.7.1' });
    assert.deepEqual(await check(), { healthy: true, server: 'InfluxDB 2.7.1' });
    server.probe = replyJson(400, 'writing requires points');
    assert.deepEqual(await check(), { healthy: true, server: 'a server of line protocol' });
    assert.deepEqual([server.received.length, server.stored.size], [0, 0]);
  });

  const refusals = [
    [401, 'unauthorized access', V2, /401 \(unauthorized access\): check the token/],
    [
      404,
      'bucket "b" not found',
      V2,
      /404 \(bucket "b" not found\): check URL, organization and bucket of the target\.$/,
    ],
    [404, '404 page not found', V2, /and bucket of the target, or is it an InfluxDB 1\? then choose that server\.$/],
    [403, 'no', { api: 'v3', database: 'd', token: '' } as const, /give the token permission to write to the database/],
    [503, 'starting', V2, /answered 503 \(starting\)/],
  ] as const;
  for (const [status, text, endpoint, sentence] of refusals) {
    it(`says what a ${status} means`, async () => {
      server.probe = replyJson(status, text);
      const health = await check(endpoint);
      assert.ok(!health.healthy);
      assert.equal(health.problem, 'refused');
      assert.match(health.error.message, sentence);
    });
  }

  it('says which scheme a server speaks, without the words of OpenSSL', async () => {
    const url = server.url.replace('http:', 'https:');
    const health = await checkHealth({ url, endpoint: V2, timeoutMs: 5000 }, systemClock, NEVER);
    assert.ok(!health.healthy);
    assert.equal(
      health.error.message,
      `InfluxDB at ${url} cannot be reached this way: the server speaks plain HTTP; write http:// in the URL of the target.`,
    );
    // A TLS server's alert to what is no TLS: fatal, protocol version.
    server.probe = (_response, _received, socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]));
    const other = await check();
    assert.ok(!other.healthy);
    assert.match(other.error.message, /the server speaks TLS; write https:\/\/ in the URL of the target\.$/);
  });

  it('says that nobody answers', async () => {
    server.probe = silence;
    const clock = new FakeClock();
    const checking = checkHealth({ url: server.url, endpoint: V2, timeoutMs: 1000 }, clock, NEVER);
    await clock.advanceUntil(checking, 100);
    const health = await checking;
    assert.ok(!health.healthy && health.problem === 'unreachable');
    assert.match(health.error.message, /no answer within 1000 ms/);
    assert.equal(clock.pending, 0);
  });
});
