import type { DamageReporter } from './damage';
import { decodeRecord, HEADER_BYTES, parseFrame, type Frame } from './disk-format';
import type { OutboxFile, OutboxFiles } from './files';
import type { ReadAhead } from './read-ahead';
import { nextFrame } from './recover';
import { readBlocks, type Segment } from './segments';
import type { Added } from './tail';

/** Read at a time, bytes; more only for a record that is larger. */
const CHUNK_BYTES = 512 * 1024;

/** Reads the records of one segment in order, in pieces, stepping over what is damaged. */
export class SegmentReader {
  private file: OutboxFile | undefined;
  private offset = HEADER_BYTES;
  /** Index of the next record to read. */
  private index = 0;

  constructor(
    private readonly files: OutboxFiles,
    readonly segment: Segment,
    private readonly damage: DamageReporter,
  ) {}

  /** Position of the next record to read. */
  get position(): number {
    return this.segment.base + this.index;
  }

  get isAtEnd(): boolean {
    return this.index >= this.segment.count;
  }

  /**
   * Reads a piece and puts what it holds into `ahead`, but for records before `from`.
   * @returns the payload bytes that were passed over because they are before `from`
   */
  async read(ahead: ReadAhead, from: number): Promise<number> {
    const { size, count } = this.segment;
    let passed = 0;
    let chunkBytes = CHUNK_BYTES;
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(size - this.offset, 0)));
      const file = await this.openFile();
      const available = file === undefined ? 0 : await readBlocks(file, chunk, this.offset);
      const limit = available < chunk.length ? available : size - this.offset;
      let at = 0;
      for (; this.index < count;) {
        const frame = parseFrame(chunk, at, available, limit, this.segment.sequence);
        if (frame === 'short') break;
        if (frame === 'invalid' || frame.index !== this.index) {
          this.offset += at;
          await this.stepOver(ahead, from, count, size);
          return passed;
        }
        passed += this.take(ahead, from, chunk, frame);
        at = frame.end;
      }
      this.offset += at;
      if (at > 0 || this.index >= count) return passed;
      chunkBytes *= 2;
    }
  }

  /** Goes on behind records that the caller knows already. */
  skip({ index, offset }: Pick<Added, 'index' | 'offset'>): void {
    this.index = index;
    this.offset = offset;
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private take(ahead: ReadAhead, from: number, chunk: Buffer, frame: Frame): number {
    const { position } = this;
    const { payloadBytes } = frame;
    this.index += 1;
    if (position < from) return payloadBytes;
    ahead.push({ position, record: decodeRecord(chunk, frame), payloadBytes, count: 1 });
    return 0;
  }

  /** Finds the next record that can be read, in this segment, and reports what lies between. */
  private async stepOver(ahead: ReadAhead, from: number, count: number, size: number): Promise<void> {
    const rest = Buffer.allocUnsafe(Math.max(size - this.offset, 0));
    const file = await this.openFile();
    const available = file === undefined ? 0 : await readBlocks(file, rest, this.offset);
    const bytes = rest.subarray(0, available);
    const frame = nextFrame(bytes, 0, this.segment.sequence, this.index, count);
    const index = frame?.index ?? count;
    const damaged = bytes.subarray(0, frame?.at ?? bytes.length);
    const position = Math.max(this.position, from);
    const lost = Math.max(this.segment.base + index - position, 0);
    await this.damage.report({ segmentName: this.segment.name, offset: this.offset, bytes: damaged, lost });
    if (lost > 0) ahead.push({ position, payloadBytes: 0, count: lost });
    this.index = index;
    this.offset += damaged.length;
  }

  private async openFile(): Promise<OutboxFile | undefined> {
    try {
      return (this.file ??= await this.files.open(this.segment.name));
    } catch (thrown) {
      // Removed by hand: its records are lost like damaged ones.
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
      throw thrown;
    }
  }
}
