import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concernOf, readCredentials } from '../../src/iot/credentials';
import { throwsWith } from '../../testkit/expect-error';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('files of certificates over MQTT', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('iot-credentials');
  });
  afterEach(() => {
    removeFolder(folder);
  });

  it('that are pipes, devices, folders or far too large are refused, and not read for ever', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const large = join(folder, 'large');
    writeFileSync(large, Buffer.alloc(5_000_001));
    const nobody = (): undefined => undefined;
    for (const [path, why] of [
      [pipe, /cannot be read \(it is no regular file\)/],
      ['/dev/zero', /cannot be read \(it is no regular file\)/],
      [folder, /cannot be read \(it is no regular file\)/],
      [large, /cannot be read \(it has 5000001 bytes, and 5000000 are the most/],
    ] as const) {
      for (const files of [
        { certificate: '', key: '', ca: path },
        { certificate: path, key: path, ca: '' },
      ])
        assert.match(throwsWith(() => readCredentials(files, nobody), 'MQTT_CREDENTIALS_INVALID').message, why);
      assert.equal(concernOf(path, 0), '');
    }
  });

  describe('of an authority', () => {
    const authority = new CertificateAuthority();
    const good = authority.issue('edge', 5);
    const [key, certificate, ca] = [good.key, good.certificate, authority.certificate].map((path) =>
      readFileSync(path, 'utf8'),
    ) as [string, string, string];
    const ownId = (): number | undefined => process.getuid?.();
    /** Files with these contents, as they are accepted or refused. */
    const reading = (
      contents: {
        readonly key?: string | Buffer;
        readonly certificate?: string | Buffer;
        readonly ca?: string | Buffer;
      },
      certificateMode = 0o644,
    ): (() => unknown) => {
      const paths = { key: join(folder, 'key'), certificate: join(folder, 'certificate'), ca: join(folder, 'ca') };
      writeFileSync(paths.key, contents.key ?? key);
      writeFileSync(paths.certificate, contents.certificate ?? certificate);
      writeFileSync(paths.ca, contents.ca ?? ca);
      chmodSync(paths.key, 0o600);
      chmodSync(paths.certificate, certificateMode);
      return () => readCredentials(paths, ownId);
    };
    const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: 'pipe' });

    it('are taken as editors, openssl and chains leave them', () => {
      const windows = (text: string): string => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
      for (const contents of [
        { key: windows(key), certificate: windows(certificate), ca: windows(ca) },
        { certificate: openssl('x509', '-in', good.certificate, '-text'), key: `${key}more\n` },
        { certificate: certificate + ca, ca: ca + ca },
        { key: openssl('ec', '-in', good.key) },
      ])
        reading(contents)();
    });

    it('that TLS would not take, or read as nothing, are named, and not the broker', () => {
      for (const [contents, words] of [
        [
          { certificate: openssl('x509', '-in', good.certificate, '-outform', 'DER') },
          /certificate is no certificate in/,
        ],
        [{ certificate: certificate.slice(0, 200) }, /certificate is no certificate in PEM/],
        [{ ca: '' }, /\/ca is no certificate in PEM/],
        [{ ca: ca.slice(0, 200) }, /\/ca is no certificate in PEM/],
        [{ ca: openssl('x509', '-in', authority.certificate, '-outform', 'DER') }, /\/ca is no certificate in PEM/],
        [{ key: key.slice(0, 100) }, /key is no private key in PEM/],
        [{ key: openssl('pkey', '-in', good.key, '-aes256', '-passout', 'pass:word') }, /without a passphrase/],
        [{ certificate: ca + certificate }, /or that is not the first in its file/],
      ] as const)
        assert.match(throwsWith(reading(contents), 'MQTT_CREDENTIALS_INVALID').message, words);
    });

    it('with a key that OpenSSL holds to be too short are refused, with its reason', () => {
      const [short, own] = [join(folder, 'short.key'), join(folder, 'short.crt')];
      openssl(
        ...['req', '-x509', '-newkey', 'rsa:512', '-nodes', '-keyout', short, '-out', own],
        ...['-days', '5', '-subj', '/CN=short'],
      );
      const contents = { key: readFileSync(short), certificate: readFileSync(own) };
      assert.match(
        throwsWith(reading(contents), 'MQTT_CREDENTIALS_INVALID').message,
        /TLS does not take the certificate .*\(ee key too small\)/,
      );
    });

    it('in which a private key stands beside the certificate are for their owner alone', () => {
      const contents = { certificate: certificate + key };
      assert.match(
        throwsWith(reading(contents), 'MQTT_CREDENTIALS_INVALID').message,
        /certificate, in whose file there is a private key, .* has the mode 0644, .*chmod 600/,
      );
      reading(contents, 0o600)();
    });
  });
});
