import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE } from '../../../src/transport/ethernet-ip/cip';
import * as requests from '../../../src/transport/ethernet-ip/requests';

const ROOT = join(__dirname, '..', '..', '..', 'src');

/** Every source file with its text; the simulated meter is a target, it only answers. */
const SOURCES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('simulator/'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const filesWith = (pattern: RegExp): readonly string[] =>
  SOURCES.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('EtherNet/IP client: it can only read', () => {
  it('knows two CIP services, both of which read', () => {
    assert.deepEqual(SERVICE, { getAttributesAll: 0x01, getAttributeSingle: 0x0e });
  });

  it('builds requests in one file, which builds these and no others', () => {
    assert.deepEqual(Object.keys(requests).sort(), [
      'listIdentityRequest',
      'patchContext',
      'readAssemblyRequest',
      'readIdentityRequest',
      'registerSessionRequest',
      'unRegisterSessionRequest',
    ]);
    assert.deepEqual(filesWith(/as RequestFrame\b/), ['transport/ethernet-ip/requests.ts']);
    for (const encoder of ['encodeFrame', 'encodeCipRequest', 'encodeUnconnected']) {
      const users = filesWith(new RegExp(`import [^;]*\\b${encoder}\\b`));
      assert.deepEqual(users, ['transport/ethernet-ip/requests.ts'], `${encoder} is used elsewhere`);
    }
  });

  it('writes to its sockets in one place, and only such requests', () => {
    const inTransport = (path: string): boolean => path.startsWith('transport/ethernet-ip/');
    const connection = 'transport/ethernet-ip/connection.ts';
    assert.deepEqual(filesWith(/\bsocket\??\.(write|end)\(/).filter(inTransport), [connection]);
    const text = SOURCES.find(({ path }) => path === connection)?.text ?? '';
    const writers = [
      ...text.matchAll(/\n {2}(?:private )?(\w+)\((.*?)\).*\{(?:(?!\n {2}\}).|\n)*?socket\??\.(?:write|end)\(/g),
    ];
    assert.deepEqual(
      writers.map(([, name, parameters]) => `${name}(${parameters})`),
      ['send(frame: RequestFrame)', 'end(frame: RequestFrame)'],
    );
    assert.deepEqual(filesWith(/\.send\(\s*listIdentityRequest\(/).filter(inTransport), [
      'transport/ethernet-ip/discovery.ts',
    ]);
  });
});
