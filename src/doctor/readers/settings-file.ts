import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { isRecord } from '../../support/expect';
import type { NodeRedSettings } from '../facts';
import { broken, LOOK_WORDS, seen, unseen, type Looked } from '../looked';

/** What settings.js makes of the process that loads it. Secrets stay in this process. */
export interface LoadedSettings {
  readonly settings: NodeRedSettings;
  /** Name of the flow file; absent where the settings leave it to Node-RED. */
  readonly flowFile?: string;
  readonly credentialSecret?: string;
  /** Variables as flows see them. */
  readonly environment: Readonly<Record<string, string>>;
}

/*
 * The file is a program, and only running it tells what it says; Node-RED does so at each start. It runs in a process of its
 * own, whose end, output and time cost nothing here. Facts come back over a pipe of their own.
 */
const PROGRAM = `
const settings = require(process.argv[1]);
const text = (value) => (typeof value === 'string' ? value : '');
const auth = settings.adminAuth;
const anonymous = auth && auth.default;
const permissions = typeof anonymous === 'object' && anonymous ? String(anonymous.permissions || '') : anonymous ? 'those of a function' : '';
const install = ((settings.externalModules || {}).palette || {}).allowInstall;
const facts = {
  uiHost: text(settings.uiHost),
  uiPort: Number(settings.uiPort || process.env.PORT || 1880),
  hasHttps: Boolean(settings.https),
  hasAdminAuth: Boolean(auth) || settings.httpAdminRoot === false,
  anonymousPermissions: permissions,
  hasHttpNodeAuth: Boolean(settings.httpNodeAuth || settings.httpNodeMiddleware),
  hasHttpNodes: settings.httpNodeRoot !== false && settings.httpRoot !== false,
  credentialSecret: settings.credentialSecret === false ? 'off' : text(settings.credentialSecret) ? 'own' : 'generated',
  credentialSecretLength: text(settings.credentialSecret).length,
  allowsInstall: install !== false,
  logLevel: text((((settings.logging || {}).console) || {}).level) || 'info',
};
const answer = { settings: facts, flowFile: text(settings.flowFile), credentialSecret: text(settings.credentialSecret), environment: process.env };
require('node:fs').writeSync(3, JSON.stringify(answer));
process.exit(0);
`;

const MOST_ANSWER_BYTES = 1_000_000;
const LONGEST_COMPLAINT = 200;

function accept(answer: string): LoadedSettings | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed) || !isRecord(parsed['settings']) || !isRecord(parsed['environment'])) return undefined;
  const { flowFile, credentialSecret } = parsed;
  return {
    settings: parsed['settings'] as unknown as NodeRedSettings,
    environment: parsed['environment'] as Readonly<Record<string, string>>,
    ...(typeof flowFile === 'string' && flowFile !== '' ? { flowFile } : {}),
    ...(typeof credentialSecret === 'string' && credentialSecret !== '' ? { credentialSecret } : {}),
  };
}

/**
 * Runs a settings.js and tells what it set. Never rejects.
 * @param signal ends it
 */
export function loadSettings(path: string, signal: AbortSignal): Promise<Looked<LoadedSettings>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', PROGRAM, path], {
      cwd: dirname(path),
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let answer = '';
    let complaint = '';
    const end = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', end, { once: true });
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
      if (answer.length > MOST_ANSWER_BYTES) end();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString('utf8')}`.slice(0, LONGEST_COMPLAINT * 10);
    });
    const finish = (why: string): void => {
      signal.removeEventListener('abort', end);
      const loaded = accept(answer);
      const reason = LOOK_WORDS.say('notRun', { path, why });
      // What it does at a start may depend on who starts it where; what is no JavaScript does not.
      const isBroken = why.startsWith('SyntaxError');
      resolve(loaded === undefined ? (isBroken ? broken(reason) : unseen(reason)) : seen(loaded));
    };
    child.once('error', ({ message }) => {
      finish(message);
    });
    child.once('close', (code) => {
      // The line of the error stands behind the place and the text of the line.
      const line = /^\w*Error\b.*$/m.exec(complaint)?.[0] ?? complaint.split('\n')[0] ?? '';
      const ended = code === null ? 'it was ended after its time' : `it ended with ${code}`;
      finish(line === '' ? ended : line.slice(0, LONGEST_COMPLAINT));
    });
    if (signal.aborted) end();
  });
}
