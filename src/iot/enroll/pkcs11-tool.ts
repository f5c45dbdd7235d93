import { execFile } from 'node:child_process';
import { Pm500Error } from '../../support/errors';
import type { OwnId } from '../credentials';
import { readTokenPlace, refusePin } from '../token-key';
import type { TokenObject, TokenTool } from './token-keys';

/*
 * Node.js uses keys of tokens for TLS alone, so that keys are made, sign their request and go by the program pkcs11-tool of
 * OpenSC. The PIN reaches it in its environment, and no key ever leaves the token.
 */

const PROGRAM = 'pkcs11-tool';
/** A smart card needs seconds to make a key. */
const LONGEST_MS = 60_000;
const MOST_BYTES = 100_000;
const PIN_NAME = 'PM500_TOKEN_PIN';
const NOT_THERE = /object not found/i;
const KINDS = ['privkey', 'pubkey'] as const;

interface Ended {
  readonly output: Buffer;
  /** What it said last; empty where it ended well. */
  readonly complaint: string;
}

const failed = (token: string, sentence: string, cause?: unknown): Pm500Error =>
  new Pm500Error('IDENTITY_TOKEN_FAILED', `The token ${token} ${sentence}`, { cause, retryable: true });

/** The line that says why, of all that it writes. */
function complaintOf(words: string): string {
  const lines = words.split('\n').map((line) => line.trim());
  return (lines.find((line) => /error|CKR_|No slot|found/i.test(line)) ?? lines.find(Boolean) ?? 'no word').slice(
    0,
    200,
  );
}

function start(args: readonly string[], pin: string, input: Uint8Array | undefined): Promise<Ended> {
  const options = {
    ...({ encoding: 'buffer', timeout: LONGEST_MS, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES } as const),
    env: { ...process.env, LC_ALL: 'C', [PIN_NAME]: pin },
  };
  return new Promise((resolve, reject) => {
    const child = execFile(PROGRAM, args, options, (thrown, output, words) => {
      if (thrown === null) resolve({ output, complaint: '' });
      else if (typeof thrown.code === 'number') resolve({ output, complaint: complaintOf(words.toString()) });
      else reject(Object.assign(new Error(thrown.message), { code: thrown.code }));
    });
    // A program that is not there, or has ended, takes nothing.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Keys in tokens by the program pkcs11-tool.
 * @param module path of the PKCS#11 module, by the environment of who runs this process
 */
export function createTokenTool(
  ownId: OwnId,
  module: () => string | undefined = () => process.env['PKCS11_MODULE_PATH'],
): TokenTool {
  const run = async (uri: string, args: readonly string[], input?: Uint8Array): Promise<Ended> => {
    const { token, pin, source } = readTokenPlace(uri, ownId());
    const path = module() ?? '';
    if (path === '')
      throw failed(token, 'cannot be reached: name its module in the environment variable PKCS11_MODULE_PATH.');
    const fixed = ['--module', path, '--token-label', token, '--login', '--pin', `env:${PIN_NAME}`];
    let ended: Ended;
    try {
      ended = await start([...fixed, ...args], pin, input);
    } catch (thrown) {
      const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
      if (isMissing)
        throw failed(token, `needs the program ${PROGRAM} to make keys, which is not there; install opensc.`, thrown);
      throw failed(token, `did not answer within ${LONGEST_MS / 1000} s; see that it is there.`, thrown);
    }
    if (ended.complaint.includes('PIN')) refusePin(source, pin);
    return ended;
  };
  const runWell = async (uri: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> => {
    const { output, complaint } = await run(uri, args, input);
    if (complaint === '') return output;
    throw failed(
      uri.split('?')[0] ?? '',
      `refused (${complaint}); see that it is there, has room, and the PIN is right.`,
    );
  };
  const remove = async (uri: string, { id }: TokenObject): Promise<void> => {
    for (const kind of KINDS) {
      const { complaint } = await run(uri, ['--delete-object', '--type', kind, '--id', id]);
      if (complaint !== '' && !NOT_THERE.test(complaint))
        throw failed(uri.split('?')[0] ?? '', `does not remove a key (${complaint}); see that it is there.`);
    }
  };
  return {
    remove,
    make: async (uri, object) => {
      const { label, id } = object;
      await remove(uri, object);
      const named = ['--label', label, '--id', id];
      await runWell(uri, ['--keypairgen', '--key-type', 'EC:prime256v1', '--usage-sign', ...named]);
      return runWell(uri, ['--read-object', '--type', 'pubkey', '--id', id]);
    },
    sign: (uri, { id }, digest) =>
      runWell(uri, ['--sign', '--mechanism', 'ECDSA', '--id', id, '--signature-format', 'openssl'], digest),
  };
}
