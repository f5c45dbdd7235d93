import type { Clock, Timer } from '../../../src/support/clock';
import { Pm500Error, toPm500Error } from '../../../src/support/errors';
import type { Random } from '../../../src/support/random';
import { retryDelays } from '../../../src/support/retry';
import type { MappingChild, StartMappingChild } from './mapping-child';
import { HEAP_MB, type FromMappingProcess, type MappingQuestion, type MappingResult } from './mapping-protocol';
import type { MappingQueue, WaitingJob } from './mapping-queue';
import { packValue } from './plain-values';

const RESTARTS = { initialMs: 250, maximumMs: 30_000, factor: 2, jitter: 0.2 };
/** Messages wait this long for a process that cannot be started. */
const LONGEST_WAIT_MS = 30_000;
/** The process counts the time of each evaluation; it is ended from here only when it says nothing at all. */
const LONGEST_SILENCE_MS = 60_000;
const LONGEST_ANSWER_MS = 10_000;
/** A process may have been ended from outside: its first message is tried once more. */
const MOST_ENDINGS = 2;

/** What was sent and is not answered. */
interface Flight {
  readonly queue: MappingQueue;
  readonly jobs: WaitingJob[];
}

export interface MappingRunnerOptions {
  /** The module of this Node-RED that prepares JSONata. */
  readonly library: string;
  readonly start: StartMappingChild;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Runs the mappings of all nodes in one process, which starts with the first message and ends with the last mapping.
 * Mappings take turns by batches; results of one come in the order of its messages. What ends the process costs the
 * message that did it and no other: those behind it are given to the next process.
 */
export class MappingRunner {
  private readonly queues: MappingQueue[] = [];
  private child: MappingChild | undefined;
  private isReady = false;
  private flight: Flight | undefined;
  private restart: Timer | undefined;
  private silence: Timer | undefined;
  private heardAt = 0;
  private wait: Generator<number, never>;

  constructor(private readonly options: MappingRunnerOptions) {
    this.wait = retryDelays(RESTARTS, options.random);
  }

  get isEmpty(): boolean {
    return this.queues.length === 0;
  }

  add(queue: MappingQueue): void {
    this.queues.push(queue);
  }

  /** Messages of it that still wait are told that it is gone. */
  remove(queue: MappingQueue): void {
    const error = (): Pm500Error =>
      new Pm500Error('ABORTED', `${queue.place} was closed before this message had its turn.`, { retryable: true });
    queue.giveUp(Infinity, error);
    const place = this.queues.indexOf(queue);
    if (place >= 0) this.queues.splice(place, 1);
    if (this.flight?.queue === queue) {
      for (const { reject } of this.flight.jobs) reject(error());
    }
    if (this.isEmpty) this.end();
  }

  /** To be called after a message was put into a queue. */
  pump(): void {
    if (this.flight !== undefined || this.restart !== undefined) return;
    const place = this.queues.findIndex(({ length }) => length > 0);
    const queue = this.queues[place];
    if (queue === undefined) return;
    if (this.child === undefined) this.startChild();
    else if (this.isReady) {
      // Whose turn it was is last now.
      this.queues.push(...this.queues.splice(place, 1));
      this.send(this.child, queue);
    }
  }

  private send(child: MappingChild, queue: MappingQueue): void {
    const jobs = queue.takeBatch();
    this.flight = { queue, jobs };
    this.heard();
    child.send({ type: 'batch', text: queue.text, jobs: jobs.map(({ job }) => job) });
  }

  private startChild(): void {
    const { library, start } = this.options;
    this.isReady = false;
    const child: MappingChild = start(library, {
      onMessage: (message) => {
        if (this.child === child) this.onMessage(child, message);
      },
      onEnd: (reason) => {
        if (this.child === child) this.onEnd(reason);
      },
    });
    this.child = child;
    this.heard();
  }

  private end(): void {
    this.child?.end();
    this.child = undefined;
    this.flight = undefined;
    for (const timer of [this.restart, this.silence]) timer?.cancel();
    this.restart = undefined;
  }

  private onMessage(child: MappingChild, message: FromMappingProcess): void {
    this.heard();
    if (message.type === 'question') {
      void this.answer(child, message);
      return;
    }
    if (message.type === 'ready') {
      this.isReady = true;
      this.wait = retryDelays(RESTARTS, this.options.random);
    } else {
      for (const result of message.results) this.onResult(result);
      if (this.flight?.jobs.length === 0) this.flight = undefined;
    }
    if (this.flight === undefined) this.silence?.cancel();
    this.pump();
  }

  private onResult({ id, value, fault }: MappingResult): void {
    const one = this.flight?.jobs[0];
    if (this.flight === undefined || one?.job.id !== id) return;
    this.flight.jobs.shift();
    if (fault === undefined) one.resolve(value);
    else one.reject(mappingFailed(this.flight.queue.place, fault));
  }

  private onEnd(reason: string): void {
    const { flight } = this;
    this.silence?.cancel();
    this.child = undefined;
    this.flight = undefined;
    if (flight !== undefined) this.recover(flight);
    if (!this.isReady) {
      const { clock } = this.options;
      for (const queue of this.queues) {
        queue.giveUp(clock.monotonic() - LONGEST_WAIT_MS, () => cannotStart(queue.place, reason));
      }
      this.restart = clock.after(this.wait.next().value, () => {
        this.restart = undefined;
        this.pump();
      });
    } else this.pump();
  }

  /** The message whose turn it was may have ended the process, and ends the next one if so. */
  private recover({ queue, jobs }: Flight): void {
    const first = jobs[0];
    if (first !== undefined) {
      first.endings++;
      if (first.endings >= MOST_ENDINGS) {
        jobs.shift();
        const fault = `it ended its process ${MOST_ENDINGS} times, as what needs more memory than ${HEAP_MB} MB does`;
        first.reject(mappingFailed(queue.place, fault));
      }
    }
    // Of a queue that was removed all have been told.
    if (this.queues.includes(queue)) queue.putBack(jobs);
  }

  private async answer(child: MappingChild, { id, source, args }: MappingQuestion): Promise<void> {
    try {
      const value = await this.inTime(this.flight?.queue.answer(source, args), source);
      child.send({ type: 'answer', id, ...(value !== undefined && { value: packValue(value) }) });
    } catch (thrown) {
      child.send({ type: 'answer', id, fault: toPm500Error(thrown).message });
    }
  }

  /** @throws Error when it takes too long */
  private inTime(value: Promise<unknown> | undefined, source: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = this.options.clock.after(LONGEST_ANSWER_MS, () => {
        reject(new Error(`$${source} gave no value in ${LONGEST_ANSWER_MS / 1000} s`));
      });
      void Promise.resolve(value)
        .then(resolve, reject)
        .finally(() => {
          timer.cancel();
        });
    });
  }

  /** The time of a process that starts or has messages begins anew. */
  private heard(): void {
    const { clock } = this.options;
    this.heardAt = clock.monotonic();
    this.silence?.cancel();
    const heardAt = this.heardAt;
    this.silence = clock.after(LONGEST_SILENCE_MS, () => {
      // When it was this process that stood still, what the other one said has yet to be read.
      setImmediate(() => {
        setImmediate(() => {
          if (this.heardAt === heardAt) this.child?.end();
        });
      });
    });
  }
}

/** A mapping could not do its work for one message. */
export function mappingFailed(place: string, fault: string): Pm500Error {
  const reason = fault.replace(/\.$/, '');
  return new Pm500Error('CONFIG_INVALID', `${place} failed: ${reason}; correct it in the settings of the node.`);
}

function cannotStart(place: string, reason: string): Pm500Error {
  return new Pm500Error(
    'MAPPING_UNAVAILABLE',
    `${place} had no process to run in, because ${reason}; let Node-RED start processes, or see whether memory is left.`,
    { retryable: true },
  );
}
