import { sentences, type Sentence } from '../../support/sentence';
import { stateTopic } from './topic';

/** How a host application says whether it is online: as JSON with its time, or as the word ONLINE alone. */
export const HOST_VERSIONS = ['3.0', '2.2'] as const;
export type HostVersion = (typeof HOST_VERSIONS)[number];

/** What a primary host says of itself. */
export interface HostState {
  readonly online: boolean;
  /** Epoch milliseconds UTC; hosts of Sparkplug 2.2 say none. */
  readonly timestamp?: number;
}

/** Reads the payload of a STATE message of Sparkplug 3.0.0 (5.14); undefined when it is not what the specification says. */
function parseHostState(payload: Uint8Array): Required<HostState> | undefined {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { online, timestamp } = content as { readonly online?: unknown; readonly timestamp?: unknown };
  if (typeof online !== 'boolean' || typeof timestamp !== 'number' || !Number.isFinite(timestamp)) return undefined;
  return { online, timestamp };
}

/** Reads the payload of a STATE message of Sparkplug 2.2 (chapter 17): ONLINE or OFFLINE. */
function parseHostWord(payload: Uint8Array): HostState | undefined {
  const word = Buffer.from(payload.subarray(0, LONGEST_WORD)).toString('latin1');
  return word === 'ONLINE' || word === 'OFFLINE' ? { online: word === 'ONLINE' } : undefined;
}

const LONGEST_WORD = 16;

/** Topic of the STATE of Sparkplug 2.2. */
function wordTopic(hostId: string): string {
  return `STATE/${hostId}`;
}

/** Why a word of a primary host does not count, or none comes. */
export const HOST_SENTENCES = sentences('host', {
  form: 'Sparkplug: the message on {topic} is not {form}; it was ignored.',
  older:
    'Sparkplug: primary host "{host}" says that it is online, with a time ({time}) before that of its last word ({before}), so it does not count; correct the clock of the host, or deploy the edge node again.',
  version:
    'Sparkplug: primary host "{host}" speaks on {topic}, as Sparkplug {spoken} has it, and the edge node listens as {version} has it; choose {spoken} as the version of the primary host.',
  silence:
    'Sparkplug: nothing of primary host "{host}" has come on {topic}; check that the host has this ID and says so, that this user may read that topic, and that the host does not speak Sparkplug {other} (on {elsewhere}): for such a host choose {other} as its version.',
});
type HostFault = keyof typeof HOST_SENTENCES.templates;

/** What came of a STATE message. */
export interface HostNews {
  readonly isTaken: boolean;
  /** Why it was not, for the log; each reason once until the host is online. */
  readonly warning?: Sentence;
}

const IGNORED: HostNews = { isTaken: false };

function timeOf(timestamp: number | undefined): string {
  const date = new Date(timestamp ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}

/** Follows the STATE of the primary host, within one MQTT session at a time. */
export class HostWatch {
  /** Where the host says whether it is online. */
  readonly topic: string;
  /** Where a host of the other version would say it. */
  readonly otherTopic: string;
  private readonly hostId: string;
  private readonly version: HostVersion;
  private readonly said = new Set<string>();
  private last: HostState | undefined;

  constructor(hostId: string, version: HostVersion = '3.0') {
    this.hostId = hostId;
    this.version = version;
    const topics = [stateTopic(hostId), wordTopic(hostId)] as const;
    [this.topic, this.otherTopic] = version === '3.0' ? topics : [topics[1], topics[0]];
  }

  private get otherVersion(): HostVersion {
    return this.version === '3.0' ? '2.2' : '3.0';
  }

  /** A session begins or ends: nothing is known. */
  restart(): void {
    this.last = undefined;
  }

  /** True while the newest word of the host is that it is online. */
  get isOnline(): boolean {
    return this.last?.online ?? false;
  }

  /** The newest word of the host; undefined where none has come. */
  get lastState(): HostState | undefined {
    return this.last;
  }

  /** Takes a STATE in; one that is older than the last is ignored, the first counts whatever its time. */
  take(payload: Uint8Array): HostNews {
    const state = this.version === '3.0' ? parseHostState(payload) : parseHostWord(payload);
    if (state === undefined) {
      const form = this.version === '3.0' ? '{"online": ..., "timestamp": ...}' : 'ONLINE or OFFLINE';
      return this.ignore('form', { topic: this.topic, form });
    }
    const { timestamp = Infinity } = state;
    const { timestamp: before = -Infinity } = this.last ?? {};
    if (timestamp < before) {
      if (!state.online || this.isOnline) return IGNORED;
      return this.ignore('older', { host: this.hostId, time: timeOf(timestamp), before: timeOf(before) });
    }
    this.last = state;
    if (state.online) this.said.clear();
    return { isTaken: true };
  }

  /** Something came where a host of the other version speaks. */
  takeOther(): HostNews {
    if (this.isOnline) return IGNORED;
    return this.ignore('version', {
      host: this.hostId,
      topic: this.otherTopic,
      spoken: this.otherVersion,
      version: this.version,
    });
  }

  /** The host has not come online for a while. */
  explainSilence(): HostNews {
    if (this.last !== undefined) return IGNORED;
    return this.ignore('silence', {
      host: this.hostId,
      topic: this.topic,
      other: this.otherVersion,
      elsewhere: this.otherTopic,
    });
  }

  private ignore(kind: HostFault, values: Sentence['values']): HostNews {
    if (this.said.has(kind)) return IGNORED;
    this.said.add(kind);
    return { isTaken: false, warning: HOST_SENTENCES.say(kind, values) };
  }
}
