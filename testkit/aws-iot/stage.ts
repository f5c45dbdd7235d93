import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { stagedFiles } from '../../src/iot/enroll/staged';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import type { AwsIotDouble } from './broker';

/** Lays into a folder what an edge begins with: a claim that may ask for others, and the authority of the server. */
export function stageClaim({ services, ca }: AwsIotDouble, folder: string, thing: string): void {
  const key = makeKey();
  const claim = services.account.issue(makeRequest(key, 'claim'));
  claim.status = 'ACTIVE';
  claim.policies.add('pm500-claim');
  services.provisioning.expected.add(thing);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = stagedFiles(folder);
  const contents = { certificate: claim.pem, key, ca } as const;
  for (const part of ['certificate', 'key', 'ca'] as const) writeFileSync(files[part], contents[part], { mode: 0o600 });
}

/**
 * Whether a folder belongs to an edge of a real cloud, whose key is nowhere else: an identity at another host, or a claim
 * beside which no authority lies, as the double always lays one.
 * @throws Pm500Error IDENTITY_INVALID where nobody can tell
 */
export function isOfRealCloud(folder: string): boolean {
  const identity = EdgeIdentity.read(folderFiles(folder));
  if (identity !== undefined) return identity.state.place.host !== '127.0.0.1';
  const { certificate, ca } = stagedFiles(folder);
  return existsSync(certificate) && !existsSync(ca);
}
