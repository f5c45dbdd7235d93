import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of this package. */
export const HOME = join(__dirname, '..');

/** What an account owner decides. Nothing secret: requests and certificates are public, keys stand nowhere. */
export interface Settings {
  /** Told of alarms and of the budget. */
  readonly alarmEmail: string;
  /** US dollars a month. */
  readonly monthlyBudgetUsd: number;
  /** Whether messages go to a Kinesis stream too, for who wants them within a second. It costs by the hour. */
  readonly withStream: boolean;
  /** Minutes without a single message after which somebody is told. */
  readonly silentMinutes: number;
  /** Days for which a revoked certificate stays before it is deleted. */
  readonly keepRevokedDays: number;
  /** Group ID of Sparkplug edge nodes whose values go into the lake; without it none do, and no edge may publish Sparkplug. */
  readonly sparkplugGroup?: string;
  /** PEM of a certificate request for the claim certificate; its key stays with who made it. */
  readonly claimRequest?: string;
  /** PEM of the certificate of an own authority, for just-in-time provisioning. */
  readonly ownAuthority?: string;
  readonly pipeline?: PipelineSettings;
}

export interface AccountSettings {
  readonly account: string;
  readonly region: string;
}

/** Where the pipeline stands, what it takes from where, and where it deploys to. */
export interface PipelineSettings extends AccountSettings {
  /** Of the connection to the host of the repository. */
  readonly connectionArn: string;
  /** Owner and name. */
  readonly repository: string;
  readonly branch: string;
  readonly staging: AccountSettings;
  readonly production: AccountSettings;
}

type Members = Readonly<Record<string, unknown>>;

function fail(what: string, expected: string): never {
  throw new Error(`settings.json: ${what} must be ${expected}.`);
}

function text(members: Members, name: string, pattern: RegExp, expected: string): string {
  const value = members[name];
  return typeof value === 'string' && pattern.test(value) ? value : fail(name, expected);
}

function flag(members: Members, name: string): boolean {
  const value = members[name];
  return typeof value === 'boolean' ? value : fail(name, 'true or false');
}

function number(members: Members, name: string, least: number, most: number): number {
  const value = members[name];
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
  return isNumber ? value : fail(name, `a whole number from ${least} to ${most}`);
}

function members(value: unknown, name: string): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : fail(name, 'an object');
}

/** A PEM that stands in a file beside the settings; a file with a key is refused. */
function pem(all: Members, name: string, kind: string, folder: string): string | undefined {
  if (all[name] === undefined) return undefined;
  const file = text(all, name, /./, 'the name of a file');
  const content = readFileSync(join(folder, file), 'utf8').trim();
  if (content.includes('PRIVATE KEY')) fail(name, 'a file without a private key: the key stays where it was made');
  return content.startsWith(`-----BEGIN ${kind}-----`) ? content : fail(name, `a file with a PEM ${kind}`);
}

function account(value: unknown, name: string): AccountSettings {
  const all = members(value, name);
  return {
    account: text(all, 'account', /^\d{12}$/, 'the 12 digits of an account'),
    region: text(all, 'region', /^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region such as eu-central-1'),
  };
}

function pipelineOf(value: unknown): PipelineSettings {
  const all = members(value, 'pipeline');
  return {
    ...account(all, 'pipeline'),
    connectionArn: text(
      all,
      'connectionArn',
      /^arn:aws:code(?:connections|star-connections):/,
      'the ARN of a connection',
    ),
    repository: text(all, 'repository', /^[\w.-]+\/[\w.-]+$/, 'OWNER/NAME'),
    branch: text(all, 'branch', /./, 'the name of a branch'),
    staging: account(all['staging'], 'pipeline.staging'),
    production: account(all['production'], 'pipeline.production'),
  };
}

/** It stands in topics and in a policy, which has not much room: no sign of a topic, a policy or SQL may be in it. */
function groupOf(all: Members): string {
  return text(all, 'sparkplugGroup', /^[\w.-]{1,32}$/, 'a group ID of at most 32 letters, digits, ".", "_" and "-"');
}

const KNOWN: readonly string[] = [
  'alarmEmail',
  'monthlyBudgetUsd',
  'withStream',
  'silentMinutes',
  'keepRevokedDays',
  'sparkplugGroup',
  'claimRequest',
  'ownAuthority',
  'pipeline',
];

/**
 * @param folder that file names are relative to
 * @throws Error naming the setting that is wrong, and what it must be
 */
export function readSettings(value: unknown, folder = HOME): Settings {
  const all = members(value, 'the file');
  const unknown = Object.keys(all).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) fail(unknown, `one of ${KNOWN.join(', ')}`);
  const claimRequest = pem(all, 'claimRequest', 'CERTIFICATE REQUEST', folder);
  const ownAuthority = pem(all, 'ownAuthority', 'CERTIFICATE', folder);
  return {
    alarmEmail: text(all, 'alarmEmail', /^\S+@\S+\.\S+$/, 'an e-mail address'),
    monthlyBudgetUsd: number(all, 'monthlyBudgetUsd', 1, 1_000_000),
    withStream: flag(all, 'withStream'),
    silentMinutes: number(all, 'silentMinutes', 5, 1440),
    keepRevokedDays: number(all, 'keepRevokedDays', 7, 3650),
    ...(all['sparkplugGroup'] === undefined ? {} : { sparkplugGroup: groupOf(all) }),
    ...(claimRequest === undefined ? {} : { claimRequest }),
    ...(ownAuthority === undefined ? {} : { ownAuthority }),
    ...(all['pipeline'] === undefined ? {} : { pipeline: pipelineOf(all['pipeline']) }),
  };
}

/** Those of settings.json. */
export function settingsOfFile(): Settings {
  return readSettings(JSON.parse(readFileSync(join(HOME, 'settings.json'), 'utf8')));
}
