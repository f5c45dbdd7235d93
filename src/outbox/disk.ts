import type { Clock, Timer } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { clockOffset } from './ages';
import { openFailed } from './failures';
import { nodeFiles, type OutboxFiles } from './files';
import { lockFolder, type LockFolder } from './folder-lock';
import type { Outbox, OutboxBatch, OutboxLimits, OutboxRange, OutboxRecord, OutboxStats, PeekLimits } from './outbox';
import { Store } from './store';

export interface DiskOutboxOptions {
  /** A folder of its own; made when it is not there. One outbox at a time may be open in it. */
  readonly folder: string;
  readonly limits: OutboxLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * - `group`: `append` and `acknowledge` resolve when the disk has what they wrote
   * - `none`: when the operating system has it: a power loss may take the last records, the end of the process does not
   */
  readonly sync?: 'group' | 'none';
  /** Size at which a file is followed by another, bytes. */
  readonly segmentBytes?: number;
  /** For tests. */
  readonly files?: OutboxFiles;
  readonly lock?: LockFolder;
}

const MOST_SEGMENT_BYTES = 16 * 1024 * 1024;
const LEAST_SEGMENT_BYTES = 64 * 1024;
/** Delivered records stay in their file until the file has been delivered: a small outbox takes small files. */
const SEGMENTS_AT_LIMIT = 8;
/** How often an outbox that could not be opened is tried again, milliseconds. */
const REOPEN_MS = 2000;
/** How often folder and files are looked at while nothing is written. */
const LOOK_MS = 30_000;

const EMPTY: OutboxStats = {
  depth: 0,
  bytes: 0,
  dropped: 0,
  droppedForAge: 0,
  damaged: 0,
  position: 0,
  durable: true,
  segments: 0,
};

/**
 * An outbox on disk. It begins to open at once and takes calls meanwhile; an outbox that cannot be opened (somebody else
 * has it, the disk is not mounted) refuses them with the reason and tries again by itself.
 */
export class DiskOutbox implements Outbox {
  private readonly listeners = new Set<() => void>();
  private readonly problemListeners = new Set<() => void>();
  private limits: OutboxLimits;
  private opening: Promise<void>;
  private store: Store | undefined;
  private release: (() => Promise<void>) | undefined;
  private problem: Pm500Error | undefined;
  private retry: Timer | undefined;
  /** What the last look at the folder found. */
  private goneProblem: Pm500Error | undefined;
  private looking: Timer | undefined;
  private look: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: DiskOutboxOptions) {
    this.limits = options.limits;
    this.opening = this.open();
  }

  /**
   * Resolves when the outbox is open.
   * @throws Pm500Error OUTBOX_IN_USE when another process has the folder, OUTBOX_UNAVAILABLE when it cannot be used
   */
  async ready(): Promise<void> {
    await this.opened();
  }

  append(records: readonly OutboxRecord[]): Promise<OutboxRange> {
    const offset = clockOffset(this.options.clock);
    const { openStore } = this;
    if (openStore !== undefined) return openStore.append(records, offset);
    return this.opened().then((store) => store.append(records, offset));
  }

  async peek(limits: PeekLimits): Promise<OutboxBatch> {
    return (await this.opened()).peek(limits);
  }

  async acknowledge(range: OutboxRange): Promise<void> {
    return (await this.opened()).acknowledge(range);
  }

  stats(): OutboxStats {
    const stats = this.store?.stats() ?? EMPTY;
    return this.problem === undefined ? stats : { ...stats, problem: this.problem };
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  onProblem(listener: () => void): () => void {
    this.problemListeners.add(listener);
    return () => {
      this.problemListeners.delete(listener);
    };
  }

  setLimits(limits: OutboxLimits): void {
    this.limits = limits;
    if (this.closing === undefined) this.store?.enforceLimits(limits);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  /** The store, where nothing has to be waited for. */
  private get openStore(): Store | undefined {
    return this.closing === undefined ? this.store : undefined;
  }

  private async opened(): Promise<Store> {
    if (this.closing === undefined) await this.opening;
    if (this.closing !== undefined) throw closedError();
    if (this.store === undefined) throw this.problem ?? closedError();
    return this.store;
  }

  /** Never rejects. */
  private async open(): Promise<void> {
    const { folder, clock, logger, sync = 'group' } = this.options;
    const files = this.options.files ?? nodeFiles(folder);
    try {
      await files.prepare();
      this.release ??= await (this.options.lock ?? lockFolder)(folder);
      const segmentBytes = this.options.segmentBytes ?? chooseSegmentBytes(this.limits);
      const settings = { folder, segmentBytes, isSynced: sync === 'group', limits: this.limits };
      const relock = async (): Promise<void> => {
        await this.unlock();
        this.release = await (this.options.lock ?? lockFolder)(folder);
      };
      const onAppended = (): void => {
        this.note(undefined);
        this.notify();
      };
      const onFailed = (problem: Pm500Error): void => {
        // What is wrong with the records alone is no problem of the outbox.
        if (problem.retryable) this.note(problem);
      };
      const store = await Store.open(files, settings, clock, logger, relock, { onAppended, onFailed });
      store.limits = this.limits;
      this.store = store;
      this.note(undefined);
      this.lookLater(store);
      if (store.stats().depth > 0) this.notify();
    } catch (thrown) {
      await this.fail(openFailed(folder, thrown));
    }
  }

  /** An outbox into which nothing comes tells too that its folder is gone. */
  private lookLater(store: Store): void {
    const look = async (): Promise<void> => {
      try {
        await store.look();
        // Another problem is not over because the folder is there.
        if (this.problem === this.goneProblem) this.note(undefined);
        this.goneProblem = undefined;
      } catch (thrown) {
        const problem = toPm500Error(thrown);
        if (problem.message !== this.problem?.message) this.options.logger.error(problem.message);
        this.note(problem);
        this.goneProblem = this.problem;
      }
    };
    this.looking = this.options.clock.after(
      LOOK_MS,
      () => {
        this.look = look().then(() => {
          if (this.closing === undefined) this.lookLater(store);
        });
      },
      true,
    );
  }

  private async fail(problem: Pm500Error): Promise<void> {
    const { clock, logger } = this.options;
    if (problem.message !== this.problem?.message) logger.error(problem.message);
    this.note(problem);
    await this.unlock();
    if (this.closing !== undefined) return;
    this.retry = clock.after(
      REOPEN_MS,
      () => {
        if (this.closing === undefined) this.opening = this.open();
      },
      true,
    );
  }

  private async shut(): Promise<void> {
    this.retry?.cancel();
    this.listeners.clear();
    this.problemListeners.clear();
    await this.opening;
    this.retry?.cancel();
    this.looking?.cancel();
    await this.look;
    await this.store?.close();
    await this.unlock();
  }

  private async unlock(): Promise<void> {
    const { release } = this;
    this.release = undefined;
    await release?.();
  }

  private note(problem: Pm500Error | undefined): void {
    if (problem?.message === this.problem?.message) return;
    this.problem = problem;
    this.notify(this.problemListeners);
  }

  private notify(listeners = this.listeners): void {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (thrown) {
        this.options.logger.error(`A listener of the outbox failed: ${toPm500Error(thrown).message}`);
      }
    }
  }
}

/** Opens the outbox in a folder. It can be used at once; `ready` tells when it is open, or why it is not. */
export function openOutbox(options: DiskOutboxOptions): DiskOutbox {
  return new DiskOutbox(options);
}

function chooseSegmentBytes({ maximumBytes }: OutboxLimits): number {
  return Math.min(Math.max(Math.ceil(maximumBytes / SEGMENTS_AT_LIMIT), LEAST_SEGMENT_BYTES), MOST_SEGMENT_BYTES);
}

function closedError(): Pm500Error {
  return new Pm500Error('OUTBOX_CLOSED', 'The outbox is closed: deploy the flow again to open it.');
}
