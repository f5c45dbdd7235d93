import { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { TimerSet } from './timer-set';
import type { EdgeNodeDescriptor } from './topic';

/** The alarm stays for so long after the last foreign birth: rebirths of two edge nodes that fight come more often. */
const STAYS_MS = 600_000;

/** Says that another edge node has the same IDs: once in the log, and in the state until it has been gone for a while. */
export class DuplicateAlarm {
  #error: Pm500Error | undefined;

  constructor(
    private readonly node: EdgeNodeDescriptor,
    private readonly timers: TimerSet,
    private readonly logger: Logger,
    private readonly onChange: () => void,
  ) {}

  get error(): Pm500Error | undefined {
    return this.#error;
  }

  /** @param broker host and port, for the sentence */
  raise(broker: string): void {
    if (this.#error === undefined) {
      const { groupId, edgeNodeId } = this.node;
      this.#error = new Pm500Error(
        'SPARKPLUG_ID_DUPLICATE',
        `Another edge node on ${broker} was born as "${edgeNodeId}" of group "${groupId}"; hosts cannot tell them apart: give each an ID of its own.`,
      );
      this.logger.error(this.#error.message);
      this.onChange();
    }
    this.timers.set('alarm', STAYS_MS, () => {
      this.#error = undefined;
      this.onChange();
    });
  }
}
