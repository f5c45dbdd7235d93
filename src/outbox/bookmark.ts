import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Ages } from './ages';
import { writeFailed } from './failures';
import type { Head } from './head';
import type { PositionFile } from './position-file';
import type { SegmentLog } from './segments';

export interface BookmarkSettings {
  /** For sentences. */
  readonly folder: string;
  /** False where a power loss may take what was remembered. */
  readonly isSynced: boolean;
}

/** How often the end is remembered while nothing is acknowledged, milliseconds: what is cut off behind it is not noticed. */
const REMEMBER_END_MS = 1000;

/**
 * Remembers how far an outbox is, beside its appends and reads, one write after the other. Whoever asks while one is under
 * way shares the next.
 */
export class Bookmark {
  private last: Promise<void> = Promise.resolve();
  private next: Promise<boolean> | undefined;
  private mustBeFirm = false;
  /** Monotonic time at which something was remembered last. */
  private rememberedAt = -Infinity;

  constructor(
    private readonly settings: BookmarkSettings,
    private positions: PositionFile,
    private readonly head: Head,
    private readonly log: SegmentLog,
    private readonly ages: Ages,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** True when nothing was remembered for long. */
  get isDue(): boolean {
    return this.clock.monotonic() - this.rememberedAt >= REMEMBER_END_MS;
  }

  /**
   * Resolves when what holds now is remembered: true, or could not be: false. Firmly, where one of several wants it so:
   * synced, and with the files removed that lie behind. In this order, a file that is missing was lost.
   */
  keep(isFirm: boolean): Promise<boolean> {
    this.mustBeFirm ||= isFirm;
    this.next ??= this.inTurn(async () => {
      const { mustBeFirm } = this;
      this.next = undefined;
      this.mustBeFirm = false;
      const passed = mustBeFirm ? this.head.takePassed() : [];
      const isKept = await this.write(mustBeFirm);
      if (isKept) await this.head.remove(passed);
      else this.head.returnPassed(passed);
      return isKept;
    });
    return this.next;
  }

  /** Goes on in another file: the one before has gone. */
  replace(fresh: PositionFile): Promise<void> {
    return this.inTurn(async () => {
      const before = this.positions;
      this.positions = fresh;
      await before.close();
      await this.write(true);
    });
  }

  /** False when file or folder are not where they were. */
  isInPlace(): Promise<boolean> {
    return this.positions.isInPlace();
  }

  /** Nothing may be kept afterward. */
  close(): Promise<void> {
    return this.inTurn(() => this.positions.close());
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.last.then(work);
    this.last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** A position that cannot be written is written with the next one; until then a crash costs a resend. */
  private async write(isFirm: boolean): Promise<boolean> {
    const { folder, isSynced } = this.settings;
    const { position } = this.head;
    this.ages.forget(position);
    try {
      await this.positions.write({ position, end: this.log.end, steps: this.ages.steps }, isFirm && isSynced);
      this.rememberedAt = this.clock.monotonic();
      return true;
    } catch (thrown) {
      this.logger.warn(writeFailed(folder, thrown, 'remember what was delivered').message);
      return false;
    }
  }
}
