import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { TimerSet } from '../../support/timer-set';
import { type EdgeNodeDescriptor, nodeTopic } from '../edge/topic';

/** The alarm stays for so long after the last foreign birth: rebirths of two edge nodes that fight come more often. */
const STAYS_MS = 600_000;
/** A broker returns an NBIRTH at once; one that is a cluster, or busy, may take a while. */
const DEFAULT_RETURN_MS = 10_000;

/**
 * What the own NBIRTH topic tells: that another edge node has the same IDs, and that one's own NBIRTH does not come
 * back. The latter is all that shows of a broker that silently drops what the user may not publish: a message of QoS 0
 * has no answer. Each is said once in the log, and in the state for as long as it is so.
 */
export class BirthAlarm {
  private readonly node: EdgeNodeDescriptor;
  private readonly timers: TimerSet;
  private readonly logger: Logger;
  private readonly onChange: () => void;
  private readonly returnMs: number;
  private duplicate: Pm500Error | undefined;
  private missing: Pm500Error | undefined;
  private session = 0;
  private isWatching = false;

  constructor(
    node: EdgeNodeDescriptor,
    timers: TimerSet,
    logger: Logger,
    onChange: () => void,
    returnMs = DEFAULT_RETURN_MS,
  ) {
    this.node = node;
    this.timers = timers;
    this.logger = logger;
    this.onChange = onChange;
    this.returnMs = returnMs;
  }

  get error(): Pm500Error | undefined {
    return this.duplicate ?? this.missing;
  }

  /** The subscription to the own NBIRTH topic was asked for; the session stands without it. */
  watch(subscribed: Promise<void>): void {
    const session = this.session;
    subscribed.then(
      () => {
        this.isWatching ||= session === this.session;
      },
      (thrown: unknown) => {
        if (session !== this.session) return;
        const { message } = toPm500Error(thrown);
        this.logger.info(`${message} Without it, another edge node with the same IDs goes unnoticed.`);
      },
    );
  }

  /** An NBIRTH was published. @param broker host and port, for the sentence */
  onBirth(broker: string): void {
    this.timers.set('birth return', this.returnMs, () => {
      if (this.isWatching && this.missing === undefined) this.miss(broker);
    });
  }

  /** An NBIRTH of one's own came back. */
  onReturned(): void {
    this.timers.cancel('birth return');
    if (this.missing === undefined) return;
    this.missing = undefined;
    this.onChange();
  }

  /** An NBIRTH of somebody else came. @param broker host and port, for the sentence */
  onForeign(broker: string): void {
    if (this.duplicate === undefined) {
      const { groupId, edgeNodeId } = this.node;
      this.duplicate = new Pm500Error(
        'SPARKPLUG_ID_DUPLICATE',
        `Another edge node on ${broker} was born as "${edgeNodeId}" of group "${groupId}"; hosts cannot tell them apart: give each an ID of its own.`,
      );
      this.logger.error(this.duplicate.message);
      this.onChange();
    }
    this.timers.set('alarm', STAYS_MS, () => {
      this.duplicate = undefined;
      this.onChange();
    });
  }

  /** Nothing will come back of this session; whether it is in order shows in the next one. */
  endSession(): void {
    this.session++;
    this.isWatching = false;
    this.timers.cancel('birth return');
  }

  private miss(broker: string): void {
    this.missing = new Pm500Error(
      'SPARKPLUG_BIRTH_NOT_RETURNED',
      `The MQTT broker ${broker} did not return this edge node's own NBIRTH: it may drop what this user publishes; give the user the right to publish and to read ${nodeTopic('NBIRTH', this.node)}.`,
    );
    this.logger.warn(this.missing.message);
    this.onChange();
  }
}
