import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder';
import { findProgram } from './programs';

/** A token of SoftHSM. */
export interface SoftToken {
  readonly label: string;
  readonly pin: string;
  readonly module: string;
}

let made: SoftToken | undefined;

/** The one token of this process: SoftHSM reads its settings once. From then on the environment names it. */
export function softToken(): SoftToken {
  if (made !== undefined) return made;
  const token = { label: 'edge', pin: '1234', module: '/usr/lib/softhsm/libsofthsm2.so' };
  const folder = temporaryFolder('softhsm');
  mkdirSync(join(folder, 'tokens'));
  const settings = join(folder, 'softhsm2.conf');
  writeFileSync(settings, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`);
  process.env['SOFTHSM2_CONF'] = settings;
  process.env['PKCS11_MODULE_PATH'] = token.module;
  const pins = ['--so-pin', '5678', '--pin', token.pin];
  execFileSync(findProgram('softhsm2-util'), ['--init-token', '--free', '--label', token.label, ...pins], {
    stdio: 'pipe',
  });
  made = token;
  return token;
}
