import { Pm500Error } from '../../../src/support/errors';
import { MOST_BYTES, type MappingJob, type VariableSource } from './mapping-protocol';

/** A mapping that is slower than its messages come does not fill the memory. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 64_000_000;
/** What goes over at once: enough to hide the way, little enough that mappings take turns. */
const BATCH_JOBS = 64;
const BATCH_BYTES = 1_000_000;

/** A message that waits for its mapping. */
export interface WaitingJob {
  readonly job: MappingJob;
  /** Monotonic ms. */
  readonly since: number;
  /** How often the process ended without a word while it was its turn. */
  endings: number;
  /** With bytes, or undefined when the mapping gave nothing. */
  readonly resolve: (value: Uint8Array | undefined) => void;
  readonly reject: (error: Pm500Error) => void;
}

/** One mapping of one node: its messages in their order. */
export class MappingQueue {
  private waiting: WaitingJob[] = [];
  private bytes = 0;

  /**
   * @param place names node and mapping, the beginning of a sentence
   * @param answer gives what only Node-RED's process knows
   */
  constructor(
    readonly text: string,
    readonly place: string,
    readonly answer: (source: VariableSource, args: readonly unknown[]) => Promise<unknown>,
  ) {}

  get length(): number {
    return this.waiting.length;
  }

  /** @throws Pm500Error MESSAGE_INVALID or MAPPING_UNAVAILABLE when it cannot wait here */
  push(one: WaitingJob): void {
    const { length } = one.job.message;
    if (length > MOST_BYTES) {
      throw new Pm500Error(
        'MESSAGE_INVALID',
        `${this.place} was given a message of ${length} bytes, more than ${MOST_BYTES}; take off the message what it does not need.`,
      );
    }
    if (this.waiting.length >= MOST_WAITING || this.bytes + length > MOST_WAITING_BYTES) {
      throw new Pm500Error(
        'MAPPING_UNAVAILABLE',
        `${this.place} is slower than its messages come: ${this.waiting.length} wait; simplify it or send it fewer.`,
      );
    }
    this.waiting.push(one);
    this.bytes += length;
  }

  /** The next ones, in order. */
  takeBatch(): WaitingJob[] {
    let [count, bytes] = [0, 0];
    for (const { job } of this.waiting) {
      if (count === BATCH_JOBS || (count > 0 && bytes + job.message.length > BATCH_BYTES)) break;
      count++;
      bytes += job.message.length;
    }
    this.bytes -= bytes;
    return this.waiting.splice(0, count);
  }

  /** Jobs that were taken and not done are first again. */
  putBack(jobs: readonly WaitingJob[]): void {
    this.waiting.unshift(...jobs);
    for (const { job } of jobs) this.bytes += job.message.length;
  }

  /** Gives up those that wait since before a moment, monotonic ms. */
  giveUp(before: number, error: () => Pm500Error): void {
    const kept: WaitingJob[] = [];
    for (const one of this.waiting) {
      if (one.since > before) kept.push(one);
      else {
        this.bytes -= one.job.message.length;
        one.reject(error());
      }
    }
    this.waiting = kept;
  }
}
