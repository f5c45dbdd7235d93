import assert from 'node:assert/strict';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { InfluxNodes } from '../../testkit/node-red/influx-nodes';
import { credentialsOf } from '../../nodes/shared/forms';
import { ForwardProxy } from '../../testkit/links/forward-proxy';

/** An address of documentation (RFC 5737): no host has it. */
const ELSEWHERE = 'http://192.0.2.1:8086';

describe('secrets of an influx-target', function () {
  this.timeout(60_000);
  let nodes: InfluxNodes;

  beforeEach(async () => {
    nodes = await InfluxNodes.start();
  });

  afterEach(() => nodes.stop());

  const create = (credentials: object, properties: object): FakeNode => {
    nodes.red.credentials.set('f00d', credentials);
    return nodes.createTarget(properties);
  };
  const exposed = ({ warnings }: FakeNode): readonly string[] =>
    warnings.map(String).filter((warning) => warning.includes('plain HTTP') || warning.includes('in the flow'));

  it('a token that goes to another computer over plain HTTP is warned of at the deployment, once and without the token', () => {
    const said = exposed(create({ token: 'hunter2' }, { url: ELSEWHERE }));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^The token for InfluxDB goes to 192\.0\.2\.1:8086 over plain HTTP/);
    assert.doesNotMatch(said[0] ?? '', /hunter2/);
  });

  it('no token, and this computer, are no cause for a warning', () => {
    assert.deepEqual(exposed(create({}, { url: ELSEWHERE })), []);
    assert.deepEqual(exposed(create({ token: 'hunter2' }, {})), []);
  });

  it('the password of the proxy is a credential, and opens the proxy whatever it holds', async () => {
    assert.deepEqual(credentialsOf('influx-target').proxyPassword, { type: 'password' });
    const port = Number(new URL(nodes.server.url).port);
    const login = 'me:50%@:/';
    const proxy = new ForwardProxy(new Map([['database.example', port]]), login);
    const proxyPort = await proxy.start();
    const target = create(
      { proxyPassword: '50%@:/' },
      { url: 'http://database.example:8086', proxy: `http://me@127.0.0.1:${proxyPort}` },
    );
    assert.deepEqual(exposed(target), []);
    const out = nodes.createOut({ influxMeasurement: 'm', acknowledge: 'written' });
    assert.equal((await out.receive({ payload: { f: 1, time: 5 } })).error, undefined);
    assert.deepEqual([...nodes.server.stored], ['m f=1 5']);
    assert.ok(proxy.requests.length > 0 && proxy.requests.every((request) => request.login === login));
    await proxy.stop();
  });
});
