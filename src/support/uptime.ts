import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Of one process only, where the host does not tell its boots apart. */
const OWN_ID = randomUUID();
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
/** While both clocks of the process agree to this, it has not slept, ms: no need to ask the host. */
const AGREE_MS = 250;
/** The host tells its uptime in steps of up to a second; a shorter sleep is not seen, ms. */
const SHORTEST_SLEEP_MS = 1500;

/** What the uptime is made of; tests pass their own. */
export interface UptimeSources {
  /** Wall clock, epoch milliseconds. */
  readonly wallMs: () => number;
  /** Monotonic milliseconds that may stand still while the host sleeps. */
  readonly runningMs: () => number;
  /** Milliseconds since the host was booted, sleep included; coarse, and slow to ask. */
  readonly hostUptimeMs: () => number;
}

const SYSTEM: UptimeSources = {
  wallMs: () => Date.now(),
  runningMs: () => performance.now(),
  hostUptimeMs: () => uptime() * 1000,
};

/** Which boot of which host this is; processes of one boot have the same, where the host tells (Linux). */
export function readBootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim() || OWN_ID;
  } catch {
    return OWN_ID;
  }
}

/**
 * Milliseconds since the host was booted, whatever happens to its wall clock, the time that it slept included. The host is
 * asked only when the wall clock and the monotonic one part: after a sleep, or when the wall clock was set.
 */
export function startUptime(sources: UptimeSources = SYSTEM): () => number {
  let runningAt = sources.runningMs();
  let uptimeAt = sources.hostUptimeMs();
  let difference = sources.wallMs() - runningAt;
  return () => {
    const running = sources.runningMs();
    const now = sources.wallMs() - running;
    if (Math.abs(now - difference) > AGREE_MS) {
      difference = now;
      const host = sources.hostUptimeMs();
      const own = uptimeAt + running - runningAt;
      uptimeAt = host - own > SHORTEST_SLEEP_MS ? host : own;
      runningAt = running;
    }
    return uptimeAt + running - runningAt;
  };
}
