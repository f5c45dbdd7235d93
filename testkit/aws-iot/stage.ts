import { mkdirSync, writeFileSync } from 'node:fs';
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
