import { lookup, Resolver } from 'node:dns/promises';
import { open } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { delay, systemClock, type Clock } from '../support/clock';
import type { ResolveHost } from './link-claim';

/** No lookup takes longer, whatever the name server and the operating system do. */
const LIMIT_MS = 3000;
/** Of one question to the name server; it is asked twice. */
const QUERY_TIMEOUT_MS = 1000;
const QUERY_TRIES = 2;
/** Of a longer file of hosts the rest is not read. */
const HOSTS_BYTES = 1024 * 1024;

/** Where addresses of names come from. All but the clock reject, or give undefined, where there is none. */
export interface HostSources {
  readonly clock: Clock;
  /** The text of this computer's file of hosts. */
  readonly readHosts: () => Promise<string>;
  /** Asks the name server through sockets of its own, so that a silent one holds nobody else up. */
  readonly queryNameServer: (name: string) => Promise<string | undefined>;
  /**
   * Asks the operating system, which knows more: search domains, mDNS, other services. It does so in one of few threads,
   * which lookups of all of Node-RED share, and cannot be stopped.
   */
  readonly askSystem: (name: string) => Promise<string | undefined>;
}

function hostsPath(): string {
  if (process.platform !== 'win32') return '/etc/hosts';
  return `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`;
}

async function readHostsFile(): Promise<string> {
  const file = await open(hostsPath());
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HOSTS_BYTES), 0, HOSTS_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first IPv4 address that a file of hosts gives a name (hosts(5)). */
export function addressInHosts(text: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIPv4(address) && names.some((each) => each.toLowerCase() === wanted)) return address;
  }
  return undefined;
}

const SYSTEM_SOURCES: HostSources = {
  clock: systemClock,
  readHosts: readHostsFile,
  // A new one each time reads anew which name servers there are.
  queryNameServer: async (name) =>
    (await new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES }).resolve4(name))[0],
  askSystem: async (name) => (await lookup(name, { verbatim: false })).address,
};

/** What the system says of a name that it does not know, and of one that it could not ask about. */
function lookupFailed(code: 'ENOTFOUND' | 'EAI_AGAIN', name: string): Error {
  return Object.assign(new Error(`${code} ${name}`), { code });
}

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined);
const isUnknown = (thrown: unknown): boolean => ['ENOTFOUND', 'ENODATA'].includes(String(codeOf(thrown)));

/**
 * Looks names up, each once at a time however many ask: in the file of hosts, with the name server, and last with the
 * operating system, one name at a time, because its threads belong to everybody.
 */
export function createHostResolver(sources: HostSources = SYSTEM_SOURCES): ResolveHost {
  const underWay = new Map<string, Promise<string>>();
  let systemFree: Promise<unknown> = Promise.resolve();

  const askSystemInTurn = (name: string, ended: AbortSignal): Promise<string | undefined> => {
    const turn = systemFree.then(() => (ended.aborted ? undefined : sources.askSystem(name)));
    systemFree = turn.catch(() => undefined);
    return turn;
  };

  const lookUp = async (name: string, ended: AbortSignal): Promise<string> => {
    const hosts = await sources.readHosts().catch(() => '');
    let address = addressInHosts(hosts, name);
    try {
      // Names of mDNS, which name servers do not know.
      if (!name.endsWith('.local')) address ??= await sources.queryNameServer(name);
    } catch (thrown) {
      // The operating system would wait for the same silent server, much longer and in a thread of everybody.
      if (codeOf(thrown) === 'ETIMEOUT') throw lookupFailed('EAI_AGAIN', name);
    }
    try {
      address ??= await askSystemInTurn(name, ended);
    } catch (thrown) {
      throw lookupFailed(isUnknown(thrown) ? 'ENOTFOUND' : 'EAI_AGAIN', name);
    }
    if (address === undefined) throw lookupFailed('ENOTFOUND', name);
    return address;
  };

  const inTime = async (name: string): Promise<string> => {
    const ended = new AbortController();
    const late = delay(sources.clock, LIMIT_MS, ended.signal).then((): never => {
      throw lookupFailed('EAI_AGAIN', name);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([lookUp(name, ended.signal), late]);
    } finally {
      ended.abort();
      underWay.delete(name);
    }
  };

  return (name) => {
    const shared = underWay.get(name) ?? inTime(name);
    underWay.set(name, shared);
    return shared;
  };
}

/** The names of this process: one lookup for all connections that ask at once. */
export const resolveSystemHost: ResolveHost = createHostResolver();
