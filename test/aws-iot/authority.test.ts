import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { Authority } from '../../testkit/aws-iot/authority';
import { throwsWith } from '../../testkit/expect-error';
import { findProgram } from '../../testkit/servers/programs';
import { temporaryFolder } from '../../testkit/temporary-folder';

describe('requests and certificates made in this process', () => {
  const folder = temporaryFolder('requests');
  const openssl = (...args: readonly string[]): string =>
    execFileSync(findProgram('openssl'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  for (const name of ['a', 'mill-1', 'Prüfstand:7', 'x'.repeat(64), '"$(x)"\\,+=<>#;']) {
    it(`openssl reads a request of ${name}, and finds its signature good`, () => {
      const key = makeKey();
      const request = file('a.csr', makeRequest(key, name));
      const words = openssl(
        'req',
        '-in',
        request,
        '-verify',
        '-noout',
        '-text',
        '-nameopt',
        'utf8,sep_multiline,-esc_msb',
      );
      assert.match(words, /Signature Algorithm: ecdsa-with-SHA256/);
      assert.match(words, /NIST CURVE: P-256/);
      const subject = openssl('req', '-in', request, '-noout', '-subject', '-nameopt', 'utf8,lname,sep_multiline');
      assert.ok(subject.includes(`commonName=${name}`), subject);
      const publicKey = openssl('req', '-in', request, '-noout', '-pubkey');
      assert.equal(publicKey, createPublicKey(key).export({ type: 'spki', format: 'pem' }));
      assert.ok(!makeRequest(key, name).includes('PRIVATE'));
    });
  }

  it('names that no certificate can carry are refused in a sentence', () => {
    for (const name of ['', 'x'.repeat(65), 'ü'.repeat(33)])
      throwsWith(() => makeRequest(makeKey(), name), 'CONFIG_INVALID');
  });

  it('openssl signs a request, and verifies a certificate of the double', () => {
    const authority = new Authority('authority');
    const ca = file('ca.pem', authority.certificate);
    const span = { fromMs: Date.now() - 1000, toMs: Date.now() + 86_400_000 };
    const certificate = file('a.pem', authority.issue(makeRequest(makeKey(), 'a'), span));
    assert.match(openssl('verify', '-CAfile', ca, certificate), /OK/);
    const late = file('late.pem', authority.issue(makeRequest(makeKey(), 'a'), { ...span, toMs: Date.UTC(2060, 1) }));
    assert.match(openssl('x509', '-in', late, '-noout', '-enddate'), /2060/);
  });
});
