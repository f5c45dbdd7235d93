import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/influx/endpoint';
import { testDatabase } from '../../src/influx/database-test';
import { systemClock } from '../../src/support/clock';
import type { ConnectionTest } from '../../src/support/connection-test';
import { parseLine } from '../../testkit/delivery/line-protocol-parser';
import { reply, replyJson, ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { inEnglish, type InEnglish } from '../../src/support/sentence';

const V2: Endpoint = { api: 'v2', org: 'plant', bucket: 'energy', token: 'secret-token' };

describe('the test of a database that is not deployed', () => {
  let server: ScriptedInflux;
  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
  });
  afterEach(() => server.stop());

  const run = (endpoint: Endpoint = V2, url = server.url): Promise<InEnglish<ConnectionTest>> =>
    testDatabase({ url, endpoint, timeoutMs: 2000 }, systemClock, new AbortController().signal).then(inEnglish);

  it('says who answers, stores nothing, and shows what a first message would be, without the secret', async () => {
    server.probe = reply(204, '', { 'x-influxdb-version': '2.7.1' });
    const test = await run();
    assert.deepEqual([test.isWelcome, test.sentence], [true, 'InfluxDB 2.7.1 answers and takes points.']);
    assert.match(test.notes.join(' '), /stores nothing\. The clocks .* agree\./);
    assert.deepEqual([server.received.length, server.stored.size], [0, 0]);
    const [request = '', line = ''] = test.preview;
    assert.equal(request, `POST ${server.url}/api/v2/write?org=plant&bucket=energy&precision=ms`);
    const point = parseLine(line, 'pairs');
    assert.equal(point.measurement, 'powermonitor_500');
    assert.doesNotMatch(JSON.stringify(test), /secret-token/);
  });

  it('says how far the clocks are apart', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    server.probe = reply(204, '', { date });
    assert.match((await run()).notes.join(' '), /The clock of the server is 3\d{3} s ahead of that of the Node-RED/);
    server.probe = reply(204, '', { date: new Date(Date.now() - 60_000).toUTCString() });
    assert.match((await run()).notes.join(' '), /is (59|6\d) s behind that/);
    server.probe = reply(204, '', { date: 'yesterday' });
    assert.doesNotMatch((await run()).notes.join(' '), /clock/);
  });

  const refusals = [
    [401, 'unauthorized access', /check the token/],
    [404, 'bucket "energy" not found', /check URL, organization and bucket/],
    [403, 'insufficient permissions', /permission to write to the bucket/],
  ] as const;
  for (const [status, text, sentence] of refusals) {
    it(`says what a ${status} means`, async () => {
      server.probe = replyJson(status, text);
      const test = await run();
      assert.deepEqual([test.isWelcome, test.code], [false, 'INFLUX_REFUSED']);
      assert.match(test.sentence, sentence);
    });
  }

  it('says that nobody listens, that a name is not known, and that a server speaks no TLS', async () => {
    assert.equal((await run(V2, 'http://127.0.0.1:1')).code, 'INFLUX_UNREACHABLE');
    assert.equal((await run(V2, 'http://no-such-host.invalid:8086')).code, 'INFLUX_UNREACHABLE');
    const test = await run(V2, server.url.replace('http:', 'https:'));
    assert.equal(test.isWelcome, false);
    assert.match(test.sentence, /http/);
  });
});
