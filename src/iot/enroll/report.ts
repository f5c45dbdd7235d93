import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { statSync } from 'node:fs';
import { toPm500Error } from '../../support/errors';
import { concernOf, readAuthorities } from '../credentials';
import { checkAccess } from '../key-access';
import { EdgeIdentity } from './identity';
import { certificateFile, folderFiles, keyFile, requestFile } from './identity-files';

/** What a folder holds of an edge, for people and programs. Nothing secret is in it. */
export interface IdentityReport {
  readonly thing: string;
  readonly server: string;
  /** The pair in use; absent before the first. */
  readonly pair?: number;
  readonly certificateId?: string;
  /** Of its certificate, ISO 8601. */
  readonly from?: string;
  readonly until?: string;
  readonly daysLeft?: number;
  /** The pair that is being made, and how far it has come. */
  readonly next?: string;
  /** The request that waits for a certificate made by hand. */
  readonly request?: string;
  readonly job?: string;
  /** Clauses on what is not good. */
  readonly concerns: readonly string[];
}

const DAY_MS = 86_400_000;
/** A rotation by a timer that still works has renewed the certificate before so few are left. */
const FEW_DAYS = 14;

const STAGES = {
  requested: 'has a key, and no certificate yet',
  issued: 'has a certificate that is not registered yet',
  registered: 'has a certificate that is not proven yet',
  proven: 'has a certificate that was let in, and whose commit was not confirmed yet',
} as const;

function datesOf(pem: string | undefined, nowMs: number): Pick<IdentityReport, 'from' | 'until' | 'daysLeft'> {
  let found: X509Certificate;
  try {
    found = new X509Certificate(pem ?? '');
  } catch {
    return {};
  }
  const { validFrom, validTo } = found;
  const iso = (text: string): string => new Date(text).toISOString().replace('.000Z', 'Z');
  const daysLeft = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
  return { from: iso(validFrom), until: iso(validTo), daysLeft };
}

/** @throws Pm500Error IDENTITY_INVALID */
export function describeIdentity(folder: string, nowMs: number): IdentityReport {
  const files = folderFiles(folder);
  const state = EdgeIdentity.read(files)?.state;
  if (state === undefined) return { thing: '', server: '', concerns: [`The folder ${folder} holds no identity`] };
  const { thing, place, current, next, job } = state;
  const concern = current === undefined ? '' : concernOf(join(folder, certificateFile(current.number)), nowMs);
  const begun = next === undefined ? '' : `The pair ${next.number} ${STAGES[next.stage]}: run pm500 cloud again`;
  const dates = current === undefined ? {} : datesOf(files.read(certificateFile(current.number)), nowMs);
  const { daysLeft, until = '' } = dates;
  const soon =
    concern === '' && daysLeft !== undefined && daysLeft <= FEW_DAYS
      ? `The certificate of the pair ${current?.number ?? 0} ends at ${until}, with ${daysLeft} whole days left: see why it is not renewed, by pm500 cloud rotate`
      : '';
  const damaged =
    current === undefined || 'until' in dates
      ? ''
      : `The certificate of the pair ${current.number} is missing or damaged`;
  const none = current === undefined ? 'There is no certificate to connect with: run pm500 cloud enroll' : '';
  return {
    ...{ thing, server: `${place.host}:${place.port}` },
    ...(current === undefined ? {} : { pair: current.number, certificateId: current.certificateId, ...dates }),
    ...(next === undefined ? {} : { next: `${next.number}, ${next.stage}` }),
    ...(next?.stage === 'requested' && next.isByHand ? { request: join(folder, requestFile(next.number)) } : {}),
    ...(job === undefined ? {} : { job: job.jobId }),
    concerns: [none, damaged, concern, soon, begun].filter((each) => each !== ''),
  };
}

/**
 * Clauses on what keeps a connection from being made with the pair in use, whatever its dates are. Its key is read by the owner
 * of the folder, who need not be the one who asks.
 * @param ownId of the user of this process; undefined where files have no owner, as on Windows
 */
export function pairConcerns(folder: string, ownId: number | undefined): readonly string[] {
  const identity = EdgeIdentity.read(folderFiles(folder));
  const { current, place, token } = identity?.state ?? {};
  if (identity === undefined || current === undefined) return [];
  const looks: readonly (() => unknown)[] = [
    () => {
      if (token === undefined && ownId !== undefined)
        checkAccess(join(folder, keyFile(current.number)), 'private key', statSync(folder).uid);
    },
    () => {
      identity.checkPair(current.number);
    },
    () => (place?.caFile ?? '') === '' || readAuthorities(place?.caFile ?? ''),
  ];
  return looks.flatMap((look) => {
    try {
      look();
      return [];
    } catch (thrown) {
      return [toPm500Error(thrown).message.replace(/\.$/, '')];
    }
  });
}
