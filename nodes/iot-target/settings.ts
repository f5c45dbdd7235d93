import { readAuthorities, readCredentials, readPem } from '../../src/iot/credentials';
import { readIdentity } from '../../src/iot/enroll/identity-credentials';
import { hasClaim } from '../../src/iot/enroll/staged';
import { isTokenUri } from '../../src/iot/token-key';
import { checkCertificate, checkClientId, PROFILES } from '../../src/iot/profiles';
import { parseHost } from '../../src/mqtt/server-list';
import { choice, flag, HOST_PATTERN, number, PORT, requiredText, secret, text } from '../../src/support/setting';
import { OUTBOX_HOURS, OUTBOX_MEGABYTES } from '../shared/common-rows';
import { field, given, nodeForm, widget, type FieldCheck } from '../shared/field';
import { OUTBOX_KINDS } from '../shared/outbox-kinds';

const BROKER = { section: 'broker' } as const;
const SECURITY = { section: 'security' } as const;
const DELIVERY = { section: 'delivery' } as const;
const OF_ANY = { shownWhen: { profile: ['broker'] } } as const;
const OF_AWS = { shownWhen: { profile: ['aws-iot-core'] } } as const;

/** What an identity has stands in no field. */
const isOfIdentity = (value: unknown, folder: unknown): boolean =>
  value === '' && typeof folder === 'string' && folder.trim() !== '';
const isAws = (profile: unknown): boolean => profile === 'aws-iot-core';

const idCheck: FieldCheck = (value, { valueOf }) => {
  if (isOfIdentity(value, valueOf('identityFolder'))) return;
  checkClientId(isAws(valueOf('profile')) ? 'aws-iot-core' : 'broker', String(value));
};

const certificateCheck: FieldCheck = (value, { valueOf, resolve }) => {
  if (isOfIdentity(value, valueOf('identityFolder'))) return;
  checkCertificate(isAws(valueOf('profile')) ? 'aws-iot-core' : 'broker', String(value));
  return given((path) => readPem(resolve(path), 'certificate'))(value, { valueOf, resolve });
};

const pairCheck: FieldCheck = (value, { valueOf, resolve }) => {
  const certificate = String(valueOf('certificateFile')).trim();
  const pathOf = (path: string): string => (path === '' || isTokenUri(path) ? path : resolve(path));
  if (certificate !== '' || value !== '')
    readCredentials({ certificate: pathOf(certificate), key: pathOf(String(value)), ca: '' }, () => process.getuid?.());
};

/** A folder in which a claim is staged becomes one with the first certificate. */
const identityCheck = given((folder, { resolve }) =>
  hasClaim(resolve(folder)) ? undefined : readIdentity(resolve(folder)),
);

/** What a broker of IoT can be set to. */
export const FORM = nodeForm({
  isConfig: true,
  folded: ['delivery'],
  fields: {
    name: field(text(), { icon: 'tag' }),
    profile: field(choice('broker', PROFILES), { icon: 'cloud' }),
    host: field(requiredText('', { pattern: HOST_PATTERN }), { icon: 'globe', ...BROKER, check: given(parseHost) }),
    port: field(number(1883, PORT), { icon: 'plug', ...BROKER, ...OF_ANY }),
    awsPort: field(choice(8883, [8883, 443]), { icon: 'plug', short: true, ...BROKER, ...OF_AWS }),
    clientId: field(text(), { icon: 'id-card-o', ...BROKER, check: idCheck }),
    protocolVersion: field(choice('5', ['5', '3.1.1']), { icon: 'exchange', ...BROKER }),
    // AWS IoT Core takes 30 to 1200 s; with 0 a lost link would never be noticed.
    keepAliveSeconds: field(number(60, { min: 30, max: 1200, unit: 's', whole: true }), {
      icon: 'heartbeat',
      ...BROKER,
    }),
    useTls: field(flag(), { ...SECURITY, ...OF_ANY }),
    identityFolder: field(text(), { icon: 'id-badge', ...SECURITY, check: identityCheck }),
    renewDays: field(number(30, { min: 0, max: 3650, whole: true, unit: 'd' }), {
      icon: 'refresh',
      shownWhen: { ...OF_AWS.shownWhen, identityFolder: 'filled' },
      ...SECURITY,
    }),
    certificateFile: field(text(), { icon: 'certificate', ...SECURITY, check: certificateCheck }),
    keyFile: field(text(), { icon: 'key', ...SECURITY, check: pairCheck }),
    caFile: field(text(), {
      icon: 'lock',
      ...SECURITY,
      check: given((path, { resolve }) => readAuthorities(resolve(path))),
    }),
    username: field(secret({ isShown: true }), { icon: 'user', ...SECURITY, ...OF_ANY }),
    password: field(secret(), { icon: 'key', ...SECURITY, ...OF_ANY }),
    connection: widget(SECURITY),
    recordsPerMessage: field(number(1, { min: 1, max: 500, whole: true, unit: 'records' }), {
      icon: 'align-left',
      ...DELIVERY,
    }),
    flushMs: field(number(1000, { min: 0, max: 60_000, unit: 'ms' }), { icon: 'clock-o', ...DELIVERY }),
    timeoutMs: field(number(10_000, { min: 100, max: 300_000, unit: 'ms' }), { icon: 'hourglass-o', ...DELIVERY }),
    outbox: field(choice('disk', OUTBOX_KINDS), { icon: 'archive', ...DELIVERY }),
    maximumMegabytes: field(number(1000, OUTBOX_MEGABYTES), { icon: 'database', ...DELIVERY }),
    maximumAgeHours: field(number(0, OUTBOX_HOURS), { icon: 'calendar', ...DELIVERY }),
    refusedMegabytes: field(number(10, { min: 1, max: 10_000, unit: 'MB' }), { icon: 'ban', ...DELIVERY }),
  },
});
