import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { Ages } from './ages';
import { Bookmark } from './bookmark';
import { DamageReporter } from './damage';
import { MAXIMUM_ORIGIN_BYTES, MAXIMUM_PAYLOAD_BYTES, measure, type SizedRecord } from './disk-format';
import { readFailed, writeFailed } from './failures';
import type { OutboxFiles } from './files';
import { GroupCommit } from './group-commit';
import { Head } from './head';
import { LookAhead } from './look-ahead';
import {
  acceptedAgain,
  type OutboxBatch,
  type OutboxLimits,
  type OutboxRange,
  type OutboxRecord,
  type OutboxStats,
  type PeekLimits,
} from './outbox';
import { PositionFile } from './position-file';
import { readHeaders, recoverLog } from './recover';
import type { SegmentLog } from './segments';
import { Tail, type Added } from './tail';

export interface StoreSettings {
  /** For sentences. */
  readonly folder: string;
  readonly segmentBytes: number;
  readonly isSynced: boolean;
  readonly limits: OutboxLimits;
}

/** What whoever has the store is told. */
export interface StoreListeners {
  /** Records were written, of one append or of several. */
  readonly onAppended: () => void;
  /** An append has failed. */
  readonly onFailed: (problem: Pm500Error) => void;
}

function restamped(sized: SizedRecord, ages: Ages): SizedRecord {
  const { record, clockOffset } = sized;
  const acceptedAt = ages.stampOf(record.acceptedAt, clockOffset);
  return acceptedAt === record.acceptedAt ? sized : { ...sized, record: acceptedAgain(record, acceptedAt) };
}

/** An open outbox folder, which this process owns. Appends, reads and what is remembered run beside each other; each takes turns. */
export class Store {
  limits: OutboxLimits;
  private readonly commits: GroupCommit;
  /** Records that are being written and have no position yet. */
  private writing = 0;
  private turn: Promise<unknown> = Promise.resolve();
  /** Folder or files are gone, and nothing has begun anew yet. */
  private isGone = false;
  private readonly lookAhead = new LookAhead((limits) => this.exclusive(() => this.head.readOn(limits)));

  private constructor(
    private readonly settings: StoreSettings,
    private readonly logger: Logger,
    private readonly log: SegmentLog,
    private readonly head: Head,
    private readonly tail: Tail,
    private readonly damage: DamageReporter,
    private readonly bookmark: Bookmark,
    private readonly ages: Ages,
    private readonly relock: () => Promise<void>,
    { onAppended, onFailed }: StoreListeners,
  ) {
    this.limits = settings.limits;
    const failed = (thrown: unknown): Pm500Error => {
      const problem = writeFailed(settings.folder, thrown);
      onFailed(problem);
      return problem;
    };
    this.commits = new GroupCommit(async (given) => {
      const hasStepped = ages.look(log.end);
      const records = given.map((sized) => restamped(sized, ages));
      const added = await this.write(records);
      await this.guard(async () => {
        await this.head.offer(added, records);
        await this.head.enforce(this.limits);
      });
      if (this.head.hasPassed || hasStepped || this.bookmark.isDue) await this.bookmark.keep(this.head.hasPassed);
      onAppended();
      return added;
    }, failed);
  }

  static async open(
    files: OutboxFiles,
    settings: StoreSettings,
    clock: Clock,
    logger: Logger,
    /** Locks the folder that has the name now. */
    relock: () => Promise<void>,
    listeners: StoreListeners,
  ): Promise<Store> {
    const damage = new DamageReporter(files, settings.folder, logger);
    // Before anything is written: a later version may keep more behind the position than this one would leave there.
    const segments = await readHeaders(files);
    const positions = await PositionFile.open(files);
    try {
      const { found } = positions;
      const log = await recoverLog(files, segments, found, damage);
      const ages = new Ages(clock, found?.steps);
      const head = new Head(files, log, damage, found?.position ?? 0, logger, ages);
      await head.start();
      await head.enforce(settings.limits);
      // Nothing is written before the store is there.
      const tail = new Tail(files, log, settings, () => store.beginAnew(files));
      const bookmark = new Bookmark(settings, positions, head, log, ages, clock, logger);
      const store: Store = new Store(settings, logger, log, head, tail, damage, bookmark, ages, relock, listeners);
      await bookmark.keep(true);
      return store;
    } catch (thrown) {
      await positions.close();
      throw thrown;
    }
  }

  /** A step of the clock that is noticed meanwhile came after these records. */
  private async write(records: readonly SizedRecord[]): Promise<Added> {
    this.writing = records.length;
    try {
      return await this.tail.write(records);
    } catch (thrown) {
      this.ages.retreat(this.log.end);
      throw thrown;
    } finally {
      this.writing = 0;
    }
  }

  /**
   * Every message comes here: no more promises than one.
   * @param offset `clockOffset` when they were handed in
   */
  append(records: readonly OutboxRecord[], offset: number): Promise<OutboxRange> {
    if (records.length === 0) return Promise.resolve({ from: this.log.end, to: this.log.end });
    const sized = records.map((record) => measure(record, offset));
    if (!sized.some(isTooLarge)) return this.commits.append(sized);
    const message = `A record of more than ${MAXIMUM_PAYLOAD_BYTES} bytes cannot be kept in the outbox: split it.`;
    return Promise.reject(new Pm500Error('OUTBOX_WRITE_FAILED', message));
  }

  async peek(limits: PeekLimits): Promise<OutboxBatch> {
    const batch = await this.exclusive(async () => {
      this.ages.look(this.log.end + this.writing);
      await this.head.enforce(this.limits);
      return this.head.peek(limits);
    });
    if (this.head.hasPassed) await this.bookmark.keep(true);
    if (batch.records.length > 0) this.lookAhead.begin(limits);
    return batch;
  }

  async acknowledge({ from, to }: OutboxRange): Promise<void> {
    const hasMoved = await this.exclusive(async () => {
      const { position } = this.head;
      if (from > position) {
        const message = `The outbox cannot acknowledge record ${from} while record ${position} waits: acknowledge in order.`;
        throw new Pm500Error('INTERNAL', message);
      }
      await this.head.take(Math.min(to, this.log.end));
      return this.head.position > position;
    });
    if (hasMoved) await this.bookmark.keep(true);
  }

  stats(): OutboxStats {
    const { depth, bytes, oldest, dropped, droppedForAge, position } = this.head;
    return {
      depth,
      bytes,
      ...(oldest === undefined
        ? {}
        : {
            oldestAcceptedAt: oldest.acceptedAt,
            oldestAgeMs: this.ages.ageOf(oldest.acceptedAt, position),
          }),
      dropped,
      droppedForAge,
      damaged: this.damage.lost,
      position,
      durable: true,
      segments: this.log.segments.length,
    };
  }

  enforceLimits(limits: OutboxLimits): void {
    this.limits = limits;
    void this.guard(async () => {
      await this.head.enforce(this.limits);
      if (this.head.hasPassed) await this.bookmark.keep(true);
    });
  }

  /**
   * Finds out, also while nothing comes, whether folder and files are where they were.
   * @throws Pm500Error OUTBOX_WRITE_FAILED when they are not and nothing can be begun anew
   */
  async look(): Promise<void> {
    try {
      await this.commits.between(async () => {
        if ((await this.bookmark.isInPlace()) && (await this.tail.isInPlace())) return;
        await this.tail.beginAnew();
      });
    } catch (thrown) {
      throw writeFailed(this.settings.folder, thrown);
    }
  }

  /** What was appended before is written; nothing may be asked afterward but `stats`. */
  async close(): Promise<void> {
    await Promise.all([this.commits.idle(), this.lookAhead.close()]);
    await this.guard(async () => {
      const isKept = await this.bookmark.keep(true);
      await this.tail.close();
      if (isKept && this.head.depth === 0) await this.head.removeAll();
      await this.head.close();
      await this.bookmark.close();
    });
  }

  /** The folder or the file that was written are not there any more: what is needed is made again, and said. */
  private async beginAnew(files: OutboxFiles): Promise<void> {
    const { folder } = this.settings;
    if (!this.isGone)
      this.logger.error(
        `The outbox in ${folder} was removed, moved or mounted over while it was in use: it begins anew there; what waited in files that are gone is counted as lost when its turn comes. Find out what touches this folder.`,
      );
    this.isGone = true;
    await files.prepare();
    // Where the folder is another one, the lock is in none yet.
    await this.relock();
    const fresh = await PositionFile.open(files);
    await this.guard(() => this.bookmark.replace(fresh));
    this.isGone = false;
  }

  private async exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.turn;
    const result = before.then(work);
    this.turn = result.catch(() => undefined);
    try {
      return await result;
    } catch (thrown) {
      throw readFailed(this.settings.folder, thrown);
    }
  }

  /** For work on behalf of nobody who could be told: its failure shows again, in the next read. */
  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await this.exclusive(work);
    } catch (thrown) {
      this.logger.warn(readFailed(this.settings.folder, thrown).message);
    }
  }
}

function isTooLarge({ payloadBytes, originBytes }: SizedRecord): boolean {
  return payloadBytes > MAXIMUM_PAYLOAD_BYTES || originBytes > MAXIMUM_ORIGIN_BYTES;
}
