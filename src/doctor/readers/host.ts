import { execFile } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { totalmem, freemem } from 'node:os';
import type { HostFacts } from '../facts';
import { attemptLook, LOOK_WORDS, seen, unseen, type Looked } from '../looked';

const BYTES_PER_KIB = 1024;
const KILOBYTES = /^(MemTotal|MemAvailable):\s+(\d+) kB$/gm;

/** Text of a program; undefined where it is not there, fails or takes too long. */
function ask(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { signal, timeout: 3000, maxBuffer: 100_000 }, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}

function memory(): { readonly totalBytes: number; readonly availableBytes: number } {
  try {
    const found = new Map(
      [...readFileSync('/proc/meminfo', 'utf8').matchAll(KILOBYTES)].map(([, name, kilobytes]) => [
        name,
        Number(kilobytes) * BYTES_PER_KIB,
      ]),
    );
    const [totalBytes, availableBytes] = [found.get('MemTotal'), found.get('MemAvailable')];
    if (totalBytes !== undefined && availableBytes !== undefined) return { totalBytes, availableBytes };
  } catch {
    // No Linux: what Node.js knows.
  }
  return { totalBytes: totalmem(), availableBytes: freemem() };
}

async function synchronized(signal: AbortSignal): Promise<Looked<boolean>> {
  const answer = (await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value'], signal))?.trim();
  if (answer === 'yes' || answer === 'no') return seen(answer === 'yes');
  return unseen(LOOK_WORDS.say('clock'));
}

/** Of this process: services have the same limit unless their unit says otherwise. */
function openFiles(): Looked<number> {
  return attemptLook(LOOK_WORDS.say('file', { path: '/proc/self/limits' }), () => {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    if (soft === undefined) throw new Error('it does not tell the limit of open files');
    return Number(soft);
  });
}

/** The computer as it is now. @param userDirectory whose disk counts */
export async function readHost(userDirectory: string, signal: AbortSignal): Promise<HostFacts> {
  return {
    nodeVersion: process.versions.node,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    disk: attemptLook(LOOK_WORDS.say('disk', { path: userDirectory }), () => {
      const { bsize, blocks, bavail, files, ffree } = statfsSync(userDirectory);
      return {
        path: userDirectory,
        sizeBytes: blocks * bsize,
        freeBytes: bavail * bsize,
        files,
        freeFiles: ffree,
      };
    }),
    memory: attemptLook(LOOK_WORDS.say('memory'), memory),
    isClockSynchronized: await synchronized(signal),
    openFiles: openFiles(),
  };
}
