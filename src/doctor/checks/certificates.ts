import { isAbsolute } from 'node:path';
import { sentences, type Sentence } from '../../support/sentence';
import { ofModes, sightEach, type DoctorCheck, type Sighting } from '../check';
import type { CertificateFile, SiteFacts } from '../facts';
import { LOOK_WORDS, lookFurther, seen, unseen } from '../looked';
import { notFoundOut } from '../server-words';

const MS_PER_DAY = 86_400_000;
/** Those of the alerts CertificateExpiresSoon and CertificateExpires. */
const SOON_DAYS = 21;
const NOW_DAYS = 3;
const OTHERS = 0o077;

const WITH_DATES = ['certificate', 'authority'] as const;
const NOUN = ['certificate or key', 'certificates and keys'] as const;
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What is found of certificates and keys. */
export const CERTIFICATE_FINDINGS = sentences('doctorCertificates', {
  file: 'The certificate {path}',
  shown: 'The certificate that {server} shows',
  ended: '{what} ended on {day}.',
  ends: '{what} ends on {day}, in {days} days.',
  unusable: '{path}, which {of} names, cannot be used: {problem}.',
  notYet: 'The certificate {path} is not valid before {time}.',
  otherKey: '{path} does not belong to the key that {of} names beside it.',
  mode: 'The private key {path} has the mode {mode}.',
});
const { say } = CERTIFICATE_FINDINGS;

/** A check of what is in the files of some parts; of one that cannot be used nothing is known. */
const ofFiles = (
  { certificates }: SiteFacts,
  parts: readonly CertificateFile['part'][],
  find: (file: CertificateFile) => Sentence | undefined,
): Sighting =>
  sightEach(
    lookFurther(certificates, (files) => files.filter(({ part }) => parts.includes(part))),
    (file) => {
      if (file.unseen !== undefined) return unseen(file.unseen);
      if (file.problem !== undefined) return unseen(LOOK_WORDS.say('unusable', { path: file.path }));
      const finding = find(file);
      return finding === undefined ? [] : [finding];
    },
    NOUN,
  );

/** Why it is not known whether Node-RED can read a file; undefined where who looks is the user that Node-RED is. */
function readByAnother({ ownUser, directory }: SiteFacts, path: string): Sentence | undefined {
  // Those of the credentials are in no file of their own.
  if (!isAbsolute(path) || ownUser === undefined || 'unseen' in directory) return undefined;
  const { owner } = directory.seen.access;
  return owner === ownUser ? undefined : LOOK_WORDS.say('otherUser', { user: ownUser, path, owner });
}

/** A sentence for an end between two times from now. */
function endsWithin(
  what: Sentence,
  endMs: number | undefined,
  nowMs: number,
  fromDays: number,
  toDays: number,
): readonly Sentence[] {
  const leftMs = (endMs ?? Infinity) - nowMs;
  if (endMs === undefined || leftMs < fromDays * MS_PER_DAY || leftMs >= toDays * MS_PER_DAY) return [];
  const about = { what, day: day(endMs) };
  return [leftMs < 0 ? say('ended', about) : say('ends', { ...about, days: Math.floor(leftMs / MS_PER_DAY) })];
}

/** Those that servers show. */
function ofServers({ brokers, databases, nowMs }: SiteFacts, fromDays: number, toDays: number): Sighting {
  const all =
    'unseen' in brokers ? brokers : 'unseen' in databases ? databases : seen([...brokers.seen, ...databases.seen]);
  return sightEach(
    all,
    (answer) => {
      const { server, certificateEndMs, hasTls = false } = answer;
      if (hasTls && certificateEndMs === undefined)
        return notFoundOut(answer, LOOK_WORDS.say('noCertificate', { server }));
      return endsWithin(say('shown', { server }), certificateEndMs, nowMs, fromDays, toDays);
    },
    ['server', 'servers'],
  );
}

/** Certificates and keys that the flows name, and those that servers show. */
export const CERTIFICATE_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'certificate-readable',
    area: 'certificates',
    severity: 'critical',
    title: 'certificates and keys can be read',
    looksAt: 'PEM files that TLS settings and iot-target nodes name',
    remedy: 'Correct the path in the settings, or let the user of Node-RED read the file.',
    docs: 'docs/cloud.md',
    look: (facts) =>
      sightEach(
        facts.certificates,
        ({ path, of, problem, unseen: why }) => {
          if (why !== undefined) return unseen(why);
          // Root reads everything: what it cannot use, nobody can.
          const reason = facts.ownUser === 0 && problem !== undefined ? undefined : readByAnother(facts, path);
          if (reason !== undefined) return unseen(reason);
          return problem === undefined ? [] : [say('unusable', { path, of, problem })];
        },
        NOUN,
      ),
  },
  {
    id: 'certificate-expired',
    area: 'certificates',
    severity: 'critical',
    title: 'no certificate ends within three days',
    looksAt: 'ends of certificates that the flows name',
    remedy: 'Renew the certificate and write it over the old file: nodes read it again with the next connection.',
    docs: 'docs/runbooks/certificate-expires.md',
    look: (facts) =>
      ofFiles(
        facts,
        WITH_DATES,
        ({ path, validToMs }) => endsWithin(say('file', { path }), validToMs, facts.nowMs, -Infinity, NOW_DAYS)[0],
      ),
  },
  {
    id: 'certificate-expires-soon',
    area: 'certificates',
    severity: 'warning',
    title: 'no certificate ends within three weeks',
    looksAt: 'ends of certificates that the flows name',
    remedy: 'Renew the certificate and write it over the old file: nodes read it again with the next connection.',
    docs: 'docs/runbooks/certificate-expires-soon.md',
    look: (facts) =>
      ofFiles(
        facts,
        WITH_DATES,
        ({ path, validToMs }) => endsWithin(say('file', { path }), validToMs, facts.nowMs, NOW_DAYS, SOON_DAYS)[0],
      ),
  },
  {
    id: 'certificate-not-yet',
    area: 'certificates',
    severity: 'critical',
    title: 'all certificates are valid already',
    looksAt: 'beginnings of certificates that the flows name',
    remedy: 'Set the clock, or wait until the certificate begins.',
    docs: 'docs/cloud.md',
    look: (facts) =>
      ofFiles(facts, WITH_DATES, ({ path, validFromMs = 0 }) =>
        validFromMs > facts.nowMs ? say('notYet', { path, time: new Date(validFromMs).toISOString() }) : undefined,
      ),
  },
  {
    id: 'certificate-pair',
    area: 'certificates',
    severity: 'critical',
    title: 'certificates and keys belong together',
    looksAt: 'public keys of certificates against the private keys beside them',
    remedy: 'Give the paths of a pair; after a renewal take both files of the new one.',
    docs: 'docs/cloud.md',
    look: (facts) =>
      ofFiles(facts, ['certificate'], ({ path, of, fitsKey }) =>
        fitsKey === false ? say('otherKey', { path, of }) : undefined,
      ),
  },
  {
    id: 'key-readable',
    area: 'certificates',
    severity: 'critical',
    title: 'private keys can be read by their owner only',
    looksAt: 'modes of private keys that the flows name',
    remedy: 'chmod 600 the key, and have a new one made if somebody may have read it.',
    docs: 'docs/cloud.md',
    look: (facts) =>
      ofFiles({ ...facts, certificates: ofModes(facts, facts.certificates) }, ['key'], ({ path, mode = 0 }) =>
        (mode & OTHERS) !== 0 ? say('mode', { path, mode: mode.toString(8).padStart(4, '0') }) : undefined,
      ),
  },
  {
    id: 'server-certificate-expired',
    area: 'certificates',
    severity: 'critical',
    title: 'no certificate of a server ends within three days',
    looksAt: 'certificates that brokers and databases show',
    remedy: 'Renew the certificate at the server; when it has ended, nothing is delivered any more.',
    docs: 'docs/runbooks/certificate-expires.md',
    look: (facts) => ofServers(facts, -Infinity, NOW_DAYS),
  },
  {
    id: 'server-certificate-expires-soon',
    area: 'certificates',
    severity: 'warning',
    title: 'no certificate of a server ends within three weeks',
    looksAt: 'certificates that brokers and databases show',
    remedy: 'Renew the certificate at the server.',
    docs: 'docs/runbooks/certificate-expires-soon.md',
    look: (facts) => ofServers(facts, NOW_DAYS, SOON_DAYS),
  },
];
