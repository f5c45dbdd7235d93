import { frameBytes, type SizedRecord } from './disk-format';
import type { Added } from './tail';

/** One write takes at most so many bytes, but for a single larger append. */
const GROUP_BYTES = 8 * 1024 * 1024;

interface Waiting {
  readonly records: readonly SizedRecord[];
  readonly bytes: number;
  readonly resolve: (range: { readonly from: number; readonly to: number }) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Appends that come while a write is under way share the next one: a disk that syncs a thousand times a second takes
 * many thousand appends in that time.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  /**
   * @param commit writes all records in order, or none and throws; it is not called again before it has ended
   * @param failed what an append that failed is told
   */
  constructor(
    private readonly commit: (records: readonly SizedRecord[]) => Promise<Added>,
    private readonly failed: (thrown: unknown) => Error,
  ) {}

  append(records: readonly SizedRecord[]): Promise<{ readonly from: number; readonly to: number }> {
    return new Promise((resolve, reject) => {
      let bytes = 0;
      for (const record of records) bytes += frameBytes(record);
      this.waiting.push({ records, bytes, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when everything that was appended has been written or refused. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Runs `work` while nothing is written; appends that come meanwhile are written afterward. */
  async between(work: () => Promise<void>): Promise<void> {
    // Not by `idle`: before its end is told, an append may have begun the next write.
    while (this.running !== undefined) await this.running;
    const done = work();
    this.running = done
      .catch(() => undefined)
      .then(() => {
        this.running = this.waiting.length > 0 ? this.run() : undefined;
      });
    await done;
  }

  private async run(): Promise<void> {
    // Whatever is appended in this turn of the event loop belongs to the first write already.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      if (await this.write(group)) continue;
      // One append that does not fit must not take the others with it.
      for (const one of group) if (group.length > 1) await this.write([one]);
    }
    this.running = undefined;
  }

  private takeGroup(): readonly Waiting[] {
    let bytes = 0;
    const end = this.waiting.findIndex((each, at) => {
      bytes += each.bytes;
      return at > 0 && bytes > GROUP_BYTES;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  /** False when nothing was written and the group can be tried in parts. */
  private async write(group: readonly Waiting[]): Promise<boolean> {
    const [first] = group;
    const isOne = group.length === 1 && first !== undefined;
    try {
      let { from } = await this.commit(isOne ? first.records : group.flatMap(({ records }) => records));
      for (const { records, resolve } of group) {
        resolve({ from, to: from + records.length });
        from += records.length;
      }
      return true;
    } catch (thrown) {
      if (isOne) first.reject(this.failed(thrown));
      return false;
    }
  }
}
