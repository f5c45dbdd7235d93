import { isNotAuthorized } from './verdicts';
import type { Transmitted } from './transmit';

/** Topics on which this client may not publish, as far as they are remembered. */
const MOST_TOPICS = 1000;

/** What a transmission has shown. */
export interface FoundTopics {
  /** Topics that the broker has refused. */
  readonly refused: ReadonlySet<string>;
  /** True where it is known to take another topic, so that the fault lies with these. */
  readonly isOtherTaken: boolean;
}

/** On which topics the broker lets this client publish, by what it has taken and refused. */
export class TopicRights {
  private readonly refused = new Set<string>();
  /** A topic that was taken, and not refused since. */
  private taken: string | undefined;
  private isNarrowingDown = false;

  get hasRefused(): boolean {
    return this.refused.size > 0;
  }

  /**
   * True after an end of the connection that said "not authorized" while several topics were on their way: with one at a
   * time the next end says which it is.
   */
  get isOneByOne(): boolean {
    return this.isNarrowingDown;
  }

  isRefused(topic: string): boolean {
    return this.refused.has(topic);
  }

  /** Everything was taken. */
  noteTaken(topics: ReadonlySet<string>): void {
    if (topics.size > 1) this.isNarrowingDown = false;
    for (const topic of topics) {
      this.refused.delete(topic);
      this.taken = topic;
    }
  }

  /** @param taken topics of what the broker has acknowledged meanwhile */
  note({ refused, inFlight, error }: Transmitted, taken: ReadonlySet<string>): FoundTopics {
    const found = new Set(refused.flatMap((each) => (isNotAuthorized(each.error) ? each.message.topic : [])));
    if (error !== undefined && isNotAuthorized(error)) {
      const onTheirWay = new Set(inFlight.map(({ topic }) => topic));
      if (onTheirWay.size > 1) this.isNarrowingDown = true;
      else for (const topic of onTheirWay) found.add(topic);
    }
    const isRepeated = [...found].every((topic) => this.refused.has(topic));
    const others = new Set([...taken].filter((topic) => !found.has(topic)));
    for (const topic of others) {
      this.refused.delete(topic);
      this.taken = topic;
    }
    if (this.taken !== undefined && found.has(this.taken)) this.taken = undefined;
    if (this.refused.size + found.size <= MOST_TOPICS) for (const topic of found) this.refused.add(topic);
    // A client that may do nothing any more is told so at the first topic: what was taken before proves nothing then.
    return { refused: found, isOtherTaken: others.size > 0 || (isRepeated && this.taken !== undefined) };
  }
}
