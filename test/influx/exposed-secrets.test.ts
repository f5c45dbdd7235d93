import assert from 'node:assert/strict';
import { exposedSecrets } from '../../src/influx/exposed-secrets';
import { withPassword } from '../../src/influx/proxy';

const TOKEN = { api: 'v2', org: 'o', bucket: 'b', token: 'secret' } as const;
const NO_TOKEN = { ...TOKEN, token: '' };
const LOGIN = { api: 'v1', database: 'd', retentionPolicy: '', user: 'u', password: 'p' } as const;
const OWN = ['plant-pc', '10.1.2.3', 'fe80::1'];

describe('secrets of an influx-target that others can see', () => {
  const of = (url: string, endpoint: typeof TOKEN | typeof NO_TOKEN | typeof LOGIN = TOKEN, proxy = ''): string =>
    exposedSecrets({ url, endpoint, proxy }, OWN)
      .map(({ text }) => text)
      .join('\n');

  it('a token or a password over plain HTTP to another host is said, without the secret', () => {
    assert.match(of('http://influx.plant:8086'), /^The token for InfluxDB goes to influx\.plant:8086 over plain HTTP/);
    assert.match(of('http://10.1.2.4', LOGIN), /^The password for InfluxDB goes to 10\.1\.2\.4 over/);
    assert.doesNotMatch(of('http://influx.plant:8086'), /secret/);
  });

  it('TLS, this computer by any of its names, and no secret say nothing', () => {
    for (const url of [
      'https://influx.plant:8086',
      'http://localhost:8086',
      'http://127.0.0.2:8086',
      'http://[::1]:8086',
      'http://plant-pc:8086',
      'http://10.1.2.3:8086',
      'http://[fe80::1]:8086',
    ]) {
      assert.equal(of(url), '', url);
    }
    assert.equal(of('http://influx.plant:8086', NO_TOKEN), '');
    assert.equal(of('no address'), '');
  });

  it('a password of the proxy in the flow is said; a user alone is fine', () => {
    assert.match(of('https://a', TOKEN, 'http://me:pw@proxy:3128'), /^The password of the proxy stands in the flow/);
    assert.equal(of('https://a', TOKEN, 'http://me@proxy:3128'), '');
    assert.equal(of('https://a', TOKEN, 'none'), '');
  });

  it('a password that stands apart is part of the way to the proxy, whatever it holds', () => {
    const url = new URL(withPassword('http://me@proxy:3128', '50%@:/ü'));
    assert.deepEqual([url.username, decodeURIComponent(url.password), url.host], ['me', '50%@:/ü', 'proxy:3128']);
    for (const proxy of ['none', '', 'http://proxy:3128']) assert.equal(withPassword(proxy, 'pw'), proxy);
    assert.equal(withPassword('http://me@proxy', ''), 'http://me@proxy');
  });
});
