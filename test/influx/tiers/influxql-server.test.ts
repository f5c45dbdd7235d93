import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { connectInfluxQl, type InfluxQlAccess } from '../../../src/influx/tiers/influxql-server';
import { systemClock } from '../../../src/support/clock';
import { rejectsWith } from '../../../testkit/expect-error';

describe('queries to an InfluxDB 1', () => {
  let server: Server;
  let answer: RequestListener = () => undefined;
  let url = '';

  before(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (more: Partial<InfluxQlAccess> = {}): Promise<unknown> =>
    connectInfluxQl({ url, user: '', password: '', database: 'energy', clock: systemClock, env: {}, ...more }).query(
      'SHOW DATABASES',
    );

  it('read an answer no further than an InfluxDB has anything to say', async () => {
    let sent = 0;
    const part = 'x'.repeat(1 << 20);
    answer = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(part)) sent += part.length;
      };
      response.on('drain', more);
      more();
    };
    assert.match(
      (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
      /answers with more than 16 MB, which InfluxDB 1 does not; check the URL\./,
    );
    assert.ok(sent < 64 * part.length, `${sent} bytes were taken`);
  });

  it('unpack nothing that they did not ask for', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"results":[]}'));
    };
    assert.match(
      (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
      /does not answer as InfluxDB 1 does \(HTTP 200 an answer that is compressed/,
    );
  });

  it('are answered whole or not at all: a limit of rows cuts series off without another word', async () => {
    const rows = '"name":"m","columns":["time","v"],"values":[[1,2]]';
    // The first is what InfluxDB 1.6 gives with max-row-limit.
    for (const text of [
      `{"results":[{"statement_id":0,"series":[{${rows},"partial":true}]}]}`,
      `{"results":[{"statement_id":0,"series":[{${rows}}],"partial":true}]}`,
    ]) {
      answer = (_, response) => {
        response.end(text);
      };
      assert.match(
        (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
        /answers with a part of what was asked; set max-row-limit in the section \[http\] of its influxdb\.conf to 0/,
      );
    }
  });

  it('end with what asked for them', async () => {
    const ended = new AbortController();
    answer = () => {
      ended.abort();
    };
    assert.match((await rejectsWith(ask({ ended: ended.signal }), 'ABORTED')).message, /Ended on request/);
  });

  it('go by the proxy of the environment', async () => {
    let asked = '';
    answer = (request, response) => {
      asked = request.url ?? '';
      response.end('{"results":[{"series":[{"name":"databases","columns":["name"],"values":[["energy"]]}]}]}');
    };
    const found = await ask({ url: 'http://influx.example:8086', env: { http_proxy: url } });
    assert.equal(asked, 'http://influx.example:8086/query');
    assert.deepEqual(found, [{ name: 'databases', columns: ['name'], values: [['energy']] }]);
  });

  it('of another version are not taken for done', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'x-influxdb-version': 'v2.7.1' }).end('{"results":[]}');
    };
    assert.match(
      (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
      /is InfluxDB v2\.7\.1; only InfluxDB 1 is summed up from outside/,
    );
  });

  it('that only read are answered by InfluxDB 2, too, and by none that came after it', async () => {
    let [version, asked] = ['v2.7.12', ''];
    answer = (request, response) => {
      request.on('data', (part: Buffer) => (asked += part.toString()));
      request.on('end', () => response.writeHead(200, { 'x-influxdb-version': version }).end('{"results":[]}'));
    };
    const access = { url, user: '', password: '', database: 'energy', clock: systemClock, env: {} };
    const server = connectInfluxQl({ ...access, mayBe2: true });
    assert.deepEqual(await server.query('SHOW DATABASES'), []);
    assert.equal(server.major, 2);
    assert.equal(new URLSearchParams(asked).get('db'), 'energy', 'by it InfluxDB 2 finds the bucket');
    version = 'v3.1.0';
    assert.match(
      (await rejectsWith(server.query('SHOW DATABASES'), 'INFLUX_REFUSED')).message,
      /is InfluxDB v3\.1\.0; only InfluxDB 1 and 2 say/,
    );
  });

  it('say what a refusal means', async () => {
    answer = (_, response) => {
      response.writeHead(401).end('{"error":"authorization failed"}');
    };
    assert.match(
      (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
      /refuses the query \(authorization failed\); give --user and the variable/,
    );
    answer = (_, response) => {
      const body = '{"code":"unauthorized","message":"unauthorized access"}';
      response.writeHead(401, { 'x-influxdb-version': 'v2.7.12' }).end(body);
    };
    assert.match(
      (await rejectsWith(ask({ mayBe2: true }), 'INFLUX_REFUSED')).message,
      /refuses the query \(unauthorized access\); give --user and the variable/,
    );
    for (const missing of ['database not found: energy', 'retention policy not found: 15m']) {
      answer = (_, response) => {
        const body = JSON.stringify({ results: [{ error: missing }] });
        response.writeHead(200, { 'x-influxdb-version': '1.8.10' }).end(body);
      };
      assert.match(
        (await rejectsWith(ask(), 'INFLUX_REFUSED')).message,
        /not found: \w+\); correct --database, or let \S+bootstrap-v1\.sh make what is missing/,
      );
    }
  });
});
