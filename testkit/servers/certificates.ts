import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs';
import { temporaryFolder } from '../temporary-folder';

const KEY_KIND = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of its own in a temporary folder, made with openssl. */
export class CertificateAuthority {
  readonly folder = temporaryFolder('certificates');
  readonly certificate = join(this.folder, 'ca.crt');
  private readonly key = join(this.folder, 'ca.key');

  constructor() {
    const files = ['-keyout', this.key, '-out', this.certificate];
    this.run('req', '-x509', ...KEY_KIND, ...files, '-days', '10', '-subj', '/CN=test authority');
  }

  /**
   * Makes a key and a certificate for 127.0.0.1 in the files NAME.key and NAME.crt, or renews the latter.
   * @param days until it expires; negative: it has expired
   */
  issue(name: string, days: number): { readonly key: string; readonly certificate: string } {
    const [key, request, certificate] = ['key', 'csr', 'crt'].map((ending) => join(this.folder, `${name}.${ending}`));
    if (key === undefined || request === undefined || certificate === undefined) throw new Error('unreachable');
    const names = join(this.folder, 'names');
    writeFileSync(names, 'subjectAltName=IP:127.0.0.1');
    this.run('req', ...KEY_KIND, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
    const authority = ['-CA', this.certificate, '-CAkey', this.key, '-CAcreateserial'];
    const span = ['-days', String(days), '-extfile', names];
    this.run('x509', '-req', '-in', request, ...authority, ...span, '-out', certificate);
    return { key, certificate };
  }

  private run(...args: readonly string[]): void {
    execFileSync(findProgram('openssl'), args, { stdio: 'pipe' });
  }
}
