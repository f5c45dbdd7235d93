import type { MqttLink } from '../../mqtt/mqtt-link';
import type { Surroundings, Visitor } from '../../mqtt/visit-broker';
import { delay } from '../../support/clock';
import type { EdgeNodeSettings } from '../edge/edge-node';
import { sentences, type Sentence } from '../../support/sentence';
import { HostWatch } from '../edge/host-state';
import { nodeTopic, ownTopics, parseTopic } from '../edge/topic';

/** Clocks that differ by more are told of, ms. */
const CLOCK_TOLERANCE_MS = 5000;
const MS_PER_S = 1000;

export const EDGE_TEST_SENTENCES = sentences('edgeTest', {
  welcome: 'The MQTT broker {broker} takes the edge node and lets it read what it has to{waits}.',
  notPublished: 'Nothing was published, so whether this user may publish was not tried.',
  online: '; primary host "{host}" is online',
  unheard: '; it would publish nothing yet, because primary host "{host}" has not been heard of',
  offline: '; it would publish nothing yet, because primary host "{host}" is offline',
  publishedHere:
    'The edge node {who} is deployed here and publishes, so another one of the same IDs was not listened for.',
  otherHeard:
    'Another edge node publishes as {who} now: choose other IDs, or end that one before this is deployed. No host can tell them apart.',
  nobody: 'Nobody published as {who} for {seconds} s.',
  mayNotListen:
    'The broker does not let this user read what is published as {who}: another edge node of the same IDs would not be noticed.',
  hostAhead:
    'The clock of the primary host is {seconds} s or more ahead of that of the Node-RED computer: set both by NTP, or values appear at the wrong time.',
  ownId: 'The test uses a client ID of its own, because that of the settings would end a session that has it.',
  furtherTakes: 'Further server {server} takes the edge node.',
  furtherProblem: 'Further server {server}: {problem}',
});
const { say } = EDGE_TEST_SENTENCES;

/** How another edge node of the same IDs is listened for. */
export interface OthersWatch {
  /** True: an edge node of this process publishes under these IDs, so that another one cannot be told from it. */
  readonly isPublishedHere: boolean;
  /** How long, ms. */
  readonly listenMs: number;
}

/** What a look at a broker comes to. */
export interface LookResult {
  /** True where nothing would be published yet. */
  readonly isWaiting: boolean;
  /** The end of the sentence that says so; empty where it is not so. */
  readonly waits: Sentence | '';
  readonly notes: readonly Sentence[];
}

/** One short visit of an edge node that publishes nothing: what it may read, and what it hears. */
export class BrokerLook implements Visitor {
  /** True once the broker has granted all that the edge node cannot do without. */
  isGranted = false;
  /** Bytes of a message that the broker takes, where it says so. */
  maximumBytes: number | undefined;
  private readonly host: HostWatch | undefined;
  private readonly hostNotes: Sentence[] = [];
  /** Undefined until the broker has said whether others may be listened to. */
  private mayListen: boolean | undefined;
  private isOtherHeard = false;

  constructor(
    private readonly node: Omit<EdgeNodeSettings, 'hasFurtherServers'>,
    private readonly around: Pick<Surroundings, 'clock' | 'signal'>,
    private readonly listening: OthersWatch,
  ) {
    const { primaryHostId, hostVersion } = node;
    this.host = primaryHostId === undefined ? undefined : new HostWatch(primaryHostId, hostVersion);
  }

  async stay(link: MqttLink, maximumBytes: number | undefined): Promise<void> {
    this.maximumBytes = maximumBytes;
    // One by one, so that a refusal names its topic.
    await link.subscribe([nodeTopic('NCMD', this.node)]);
    if (this.host !== undefined) await link.subscribe([this.host.topic]);
    // What is retained has come when a later ping is answered.
    await link.confirm();
    this.isGranted = true;
    const { host } = this;
    if (host !== undefined && !host.isOnline) await this.ask(link, host.otherTopic);
    if (this.listening.isPublishedHere) return;
    this.mayListen = await this.ask(link, ownTopics(this.node));
    if (this.mayListen) await delay(this.around.clock, this.listening.listenMs, this.around.signal);
  }

  onMessage(topic: string, payload: Uint8Array, isRetained: boolean): void {
    const { host } = this;
    if (topic === host?.topic || topic === host?.otherTopic) {
      const news = topic === host.topic ? host.take(payload) : host.takeOther();
      if (news.warning !== undefined) this.hostNotes.push(news.warning);
      return;
    }
    const parsed = parseTopic(topic);
    if (isRetained || parsed === undefined || parsed.type === 'STATE') return;
    // Commands are what hosts say to the edge node.
    if (parsed.type !== 'NCMD' && parsed.type !== 'DCMD') this.isOtherHeard = true;
  }

  /** What was found once the visit is over. @param now epoch milliseconds UTC */
  conclude(now: number): LookResult {
    const { host, node, hostNotes } = this;
    const unseen = host?.explainSilence().warning;
    const notes = [
      say('notPublished'),
      ...this.clockNotes(now),
      ...this.otherNotes(),
      ...hostNotes,
      ...(unseen === undefined ? [] : [unseen]),
    ];
    if (host === undefined) return { isWaiting: false, waits: '', notes };
    const named = { host: node.primaryHostId ?? '' };
    if (host.isOnline) return { isWaiting: false, waits: say('online', named), notes };
    return { isWaiting: true, waits: say(host.lastState === undefined ? 'unheard' : 'offline', named), notes };
  }

  /** @returns whether the broker granted it; a connection that ends over it ends the visit */
  private async ask(link: MqttLink, topic: string): Promise<boolean> {
    try {
      await link.subscribe([topic]);
      await link.confirm();
      return true;
    } catch {
      return false;
    }
  }

  private otherNotes(): readonly Sentence[] {
    const { groupId, edgeNodeId } = this.node;
    const who = `${groupId} / ${edgeNodeId}`;
    if (this.listening.isPublishedHere) return [say('publishedHere', { who })];
    if (this.isOtherHeard) return [say('otherHeard', { who })];
    if (this.mayListen === true) return [say('nobody', { who, seconds: this.listening.listenMs / MS_PER_S })];
    return [say('mayNotListen', { who })];
  }

  /** MQTT has no clock; the time in the state of the host is one, where it lies ahead. */
  private clockNotes(now: number): readonly Sentence[] {
    const aheadMs = (this.host?.lastState?.timestamp ?? -Infinity) - now;
    if (aheadMs <= CLOCK_TOLERANCE_MS) return [];
    const seconds = Math.round(aheadMs / MS_PER_S);
    return [say('hostAhead', { seconds })];
  }
}
