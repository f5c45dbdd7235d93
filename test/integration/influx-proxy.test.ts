import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type RequestOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DEFAULTS } from '../../nodes/shared/forms';
import { ForwardProxy } from '../../testkit/links/forward-proxy';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { ROOT } from '../../testkit/root';
import { waitFor } from '../../testkit/wait';

const DATABASE = 'behind_proxy';
const LOGIN = 'me:a%b';
/** Only the proxy knows this name. */
const HOST = 'influx.plant.example';
const TLS = join(ROOT, 'test/vectors/tls');

/** One point, named after the way that it took, once the flow has started. */
function flowOf(url: string, measurement: string, tls: string): readonly FlowEntry[] {
  const tab = 'proxy-tab';
  const place = { z: tab, x: 100, y: 100 };
  return [
    { id: tab, type: 'tab', label: 'proxy', disabled: false, info: '', env: [] },
    { id: 'proxy-tls', type: 'tls-config', verifyservercert: false, cert: '', key: '', ca: '', servername: '' },
    {
      ...DEFAULTS['influx-target'],
      ...{ id: 'proxy-target', type: 'influx-target', api: 'v1', url, database: DATABASE, flushMs: 10, tls },
      outbox: 'memory',
    },
    {
      ...DEFAULTS['influx-out'],
      ...{ ...place, id: 'proxy-out', type: 'influx-out', target: 'proxy-target', wires: [[]] },
      influxMeasurement: measurement,
    },
    {
      ...{ ...place, id: 'proxy-inject', type: 'inject', wires: [['proxy-out']], once: true, onceDelay: 0.1 },
      props: [{ p: 'payload', v: '{"f": 1}', vt: 'json' }],
    },
  ];
}

describe('influx-target in a Node-RED whose environment names a proxy', function () {
  this.timeout(120_000);
  let database: InfluxDb;
  let proxy: ForwardProxy;
  let proxyPort: number;
  let nodeRed: NodeRed | undefined;
  /** The database over TLS. */
  const secure = createHttpsServer(
    { cert: readFileSync(join(TLS, 'cert.pem')), key: readFileSync(join(TLS, 'key.pem')) },
    ({ method, url, headers }, response) => {
      const options: RequestOptions = { host: '127.0.0.1', port: database.port, method: method ?? '', path: url ?? '' };
      const onward = httpRequest({ ...options, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(response);
      });
      response.req.pipe(onward);
    },
  );
  /** Takes the place of a proxy that must not be asked. */
  const forbidden = createServer((_request, response) => response.writeHead(500).end('asked the wrong one'));
  let forbiddenPort: number;

  before(async () => {
    database = await startInfluxDb();
    await database.query(`CREATE DATABASE ${DATABASE}`);
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => forbidden.listen(0, '127.0.0.1', resolve));
    forbiddenPort = (forbidden.address() as AddressInfo).port;
    const securePort = (secure.address() as AddressInfo).port;
    proxy = new ForwardProxy(
      new Map([
        [HOST, database.port],
        [`secure.${HOST}`, securePort],
      ]),
      LOGIN,
    );
    proxyPort = await proxy.start();
  });

  beforeEach(() => {
    proxy.requests.length = 0;
  });

  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  after(async () => {
    await proxy.stop();
    for (const server of [secure, forbidden]) {
      server.close();
      server.closeAllConnections();
    }
    await database.stop();
  });

  /** Runs a flow until its point is in the database. */
  async function write(
    url: string,
    measurement: string,
    env: Readonly<Record<string, string>>,
    tls = '',
  ): Promise<void> {
    nodeRed = await startNodeRed({ env });
    await nodeRed.admin.deploy(flowOf(url, measurement, tls));
    await waitFor(
      `the point ${measurement}`,
      async () => (await database.query(`SELECT f FROM ${measurement}`, DATABASE)).length > 0,
      { timeoutMs: 30_000 },
    );
  }

  it('asks it with its user and a password with a percent sign, over plain HTTP', async () => {
    await write(`http://${HOST}:8086`, 'plain', {
      http_proxy: `http://me:a%b@127.0.0.1:${proxyPort}`,
      HTTP_PROXY: `http://127.0.0.1:${forbiddenPort}`,
    });
    assert.ok(proxy.requests.every(({ login }) => login === LOGIN));
    assert.ok(proxy.requests.some(({ target }) => target.startsWith(`http://${HOST}:8086/write?db=${DATABASE}`)));
  });

  it('asks it where the scheme was left out and the name is in upper case, through a tunnel for TLS', async () => {
    const env = { HTTPS_PROXY: `me:a%b@127.0.0.1:${proxyPort}`, http_proxy: `127.0.0.1:${forbiddenPort}` };
    await write(`https://secure.${HOST}`, 'tunnel', env, 'proxy-tls');
    assert.deepEqual(
      new Set(proxy.requests.map(({ method, target }) => `${method} ${target}`)),
      new Set([`CONNECT secure.${HOST}:443`]),
    );
  });

  for (const list of ['0.0.0.0/8', `0.0.0.0:PORT`, ' .example , 0.0.0.0']) {
    it(`goes past it where no_proxy is "${list}"`, async () => {
      // This address is this computer too, and is no name that is excepted anyway.
      const name = `direct_${list.replace(/\W/g, '_')}`;
      await write(`http://0.0.0.0:${database.port}`, name, {
        http_proxy: `127.0.0.1:${forbiddenPort}`,
        no_proxy: list.replace('PORT', String(database.port)),
      });
      assert.deepEqual(proxy.requests, []);
    });
  }

  it('goes to the proxy where no_proxy has another network, port or domain', async () => {
    await write(`http://${HOST}:8086`, 'others', {
      http_proxy: `me:a%b@127.0.0.1:${proxyPort}`,
      no_proxy: `10.0.0.0/8, ${HOST}:9999, .plant, ant.example, other.${HOST}`,
    });
    assert.ok(proxy.requests.length > 0);
  });

  it('says that it wants another password, and that it cannot be one', async () => {
    nodeRed = await startNodeRed({ env: { http_proxy: `me:wrong@127.0.0.1:${proxyPort}` } });
    await nodeRed.admin.deploy(flowOf(`http://${HOST}:8086`, 'wrong', ''));
    const refused = nodeRed.process;
    await waitFor('the reason', () => /answered 407.*check the proxy of the target/.test(refused.output()));
    await nodeRed.stop();
    nodeRed = await startNodeRed({ env: { http_proxy: 'socks5://me:secret@127.0.0.1:1080' } });
    await nodeRed.admin.deploy(flowOf(`http://${HOST}:8086`, 'socks', ''));
    const { process } = nodeRed;
    await waitFor('the warning', () => process.output().includes('The proxy that http_proxy of the environment names'));
    assert.doesNotMatch(process.output(), /secret/);
  });
});
