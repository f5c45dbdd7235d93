import { isIP } from 'node:net';
import { Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { type RetryPolicy, retryDelays } from '../support/retry';

/** An MQTT server. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

const LARGEST_PORT = 65_535;

/** What such a list looks like. */
export const SERVERS_PATTERN = String.raw`^(?:(?:\[[^\]]+\]|[^:[\]/,;\s]+)(?::\d{1,5})?(?:[,;\s]+|$))+$`;

/**
 * Reads a list of servers, "host", "host:port" or "[IPv6]:port", separated by commas, semicolons or spaces.
 * @param defaultPort where none is given
 * @throws Pm500Error CONFIG_INVALID
 */
export function parseServers(text: string, defaultPort: number): readonly Server[] {
  const entries = text.split(/[,;\s]+/).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
    const host = bracketed ?? plain;
    const port = digits === undefined ? defaultPort : Number(digits);
    if (host !== undefined && port >= 1 && port <= LARGEST_PORT) return { host, port };
    throw new Pm500Error(
      'CONFIG_INVALID',
      `"${entry.slice(0, 60)}" is no MQTT server; write host or host:port, several separated by commas.`,
    );
  });
}

/**
 * The host of the first server, whose port stands beside it: a name, an IPv4 or an IPv6 address (brackets are taken off).
 * @throws Pm500Error CONFIG_INVALID for a URL, a port or a path
 */
export function parseHost(text: string): string {
  const host = text.replace(/^\[([^\]]*)\]$/, '$1');
  if (isIP(host) !== 0 || !/[\s:/\\?#@[\]]/.test(host)) return host;
  throw new Pm500Error(
    'CONFIG_INVALID',
    `"${withoutLogin(text).slice(0, 60)}" is no host of an MQTT server; give the host without mqtt:// and without a port or path, such as 127.0.0.1.`,
  );
}

/** What stands before an @ may be a password. */
function withoutLogin(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/i, '$1');
}

const RETRY: RetryPolicy = { initialMs: 1000, maximumMs: 30_000, factor: 2, jitter: 0.3 };

/** The servers of one edge node, which is connected to at most one of them at a time, and when to try which. */
export class ServerList {
  private readonly servers: readonly [Server, ...Server[]];
  private readonly random: Random;
  private delays: Generator<number, never>;
  private index = 0;

  constructor(first: Server, further: readonly Server[], random: Random) {
    this.servers = [first, ...further];
    this.random = random;
    this.delays = retryDelays(RETRY, random);
  }

  get current(): Server {
    return this.servers[this.index] ?? this.servers[0];
  }

  /** Host and port of the current one, for sentences. */
  get label(): string {
    const { host, port } = this.current;
    return `${host}:${port}`;
  }

  /** True where there is another one to go to. */
  get hasFurther(): boolean {
    return this.servers.length > 1;
  }

  /** The server took the session: pauses are short again. */
  onStanding(): void {
    this.delays = retryDelays(RETRY, this.random);
  }

  /**
   * A connection is over. After the last server comes the first; pauses grow each time that all of them were tried.
   * @param isWorthAnother true to try the same server again
   * @returns after how many milliseconds to connect to `current`
   */
  next(isWorthAnother: boolean): number {
    if (!isWorthAnother) this.index = (this.index + 1) % this.servers.length;
    const hasTriedAll = isWorthAnother || this.index === 0;
    return (hasTriedAll ? this.delays : retryDelays(RETRY, this.random)).next().value;
  }
}
