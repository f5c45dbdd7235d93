import type { EdgeEffect } from './edge-events';
import { HostWatch, type HostNews, type HostVersion } from './host-state';

/** Which host application has to be online, and what there is to do where it is not. */
export interface PrimaryHostSettings {
  /** Publish only while this host application is online; undefined: always. */
  readonly primaryHostId?: string;
  /** How that host says whether it is online; 3.0 where absent. */
  readonly hostVersion?: HostVersion;
  /** True where there is another server to go to: a host may ask for it. */
  readonly hasFurtherServers?: boolean;
}

/** Topics to subscribe to: the session stands without `unlikely`, where a host of the other version would speak. */
export interface HostTopics {
  readonly needed: readonly string[];
  readonly unlikely?: string;
}

/**
 * What a message means for the session:
 * - `online`: births may be made
 * - `offline`: the host is not there; who was born leaves, who waits leaves where there is another server
 * - `nothing`: neither; `effects` may say why
 */
export interface HostTurn {
  readonly kind: 'online' | 'offline' | 'nothing';
  readonly effects: readonly EdgeEffect[];
}

const NOTHING: readonly EdgeEffect[] = [];

function warningOf({ warning }: HostNews): readonly EdgeEffect[] {
  return warning === undefined ? NOTHING : [{ kind: 'warn', message: warning.text }];
}

/** The primary host of an edge node, which may have none: whether births may be made, and when to leave. */
export class PrimaryHost {
  /** Undefined without a primary host. */
  private readonly watch: HostWatch | undefined;
  private readonly furtherServers: boolean;

  constructor({ primaryHostId, hostVersion, hasFurtherServers = false }: PrimaryHostSettings) {
    this.watch = primaryHostId === undefined ? undefined : new HostWatch(primaryHostId, hostVersion);
    this.furtherServers = hasFurtherServers;
  }

  /** True where births may be made. */
  get isOnline(): boolean {
    return this.watch?.isOnline ?? true;
  }

  get topics(): HostTopics {
    return this.watch === undefined ? { needed: [] } : { needed: [this.watch.topic], unlikely: this.watch.otherTopic };
  }

  /** With several servers the host may be online on another one: who waits for it does not wait here. */
  get mayBeElsewhere(): boolean {
    return this.furtherServers;
  }

  /** A session begins or ends: nothing is known. */
  restart(): void {
    this.watch?.restart();
  }

  /** Takes a message in. @returns undefined for one that is not of the host */
  take(topic: string, payload: Uint8Array): HostTurn | undefined {
    const watch = this.watch;
    if (watch === undefined) return undefined;
    if (topic === watch.otherTopic) return { kind: 'nothing', effects: warningOf(watch.takeOther()) };
    if (topic !== watch.topic) return undefined;
    const news = watch.take(payload);
    if (!news.isTaken) return { kind: 'nothing', effects: warningOf(news) };
    return { kind: watch.isOnline ? 'online' : 'offline', effects: NOTHING };
  }

  /** The host has not come online for a while, and there is no other server. */
  explainSilence(): readonly EdgeEffect[] {
    return this.watch === undefined ? NOTHING : warningOf(this.watch.explainSilence());
  }
}
