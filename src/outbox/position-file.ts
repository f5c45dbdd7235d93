import { crc32 } from 'node:zlib';
import type { OutboxFile, OutboxFiles } from './files';

/*
 * The position of the oldest record that waits, in two slots that are written in turn: a write that is torn damages one
 * of them, and the other still tells the position before it. Little endian; each slot in a sector of its own:
 *
 *    0  u8[8] "PM500POS"    8  u64  generation    16  u64  position    24  u32  CRC-32 of the 24 bytes above
 */
const MAGIC = Buffer.from('PM500POS', 'latin1');
const SLOT_BYTES = 28;
const SLOT_DISTANCE = 512;
const NAME = 'position';

interface Slot {
  readonly generation: number;
  readonly position: number;
}

/** Remembers what was acknowledged. A lost position costs a resend, never a record. */
export class PositionFile {
  private constructor(
    private readonly file: OutboxFile,
    private generation: number,
    /** What was remembered when the file was opened. */
    readonly found: number,
  ) {}

  static async open(files: OutboxFiles): Promise<PositionFile> {
    const exists = (await files.list()).includes(NAME);
    const file = exists ? await files.open(NAME) : await files.create(NAME);
    try {
      const bytes = Buffer.alloc(SLOT_DISTANCE * 2);
      await file.read(bytes, 0);
      const newest = [decodeSlot(bytes, 0), decodeSlot(bytes, SLOT_DISTANCE)].reduce<Slot>(
        (best, slot) => (slot !== undefined && slot.generation > best.generation ? slot : best),
        { generation: 0, position: 0 },
      );
      const opened = new PositionFile(file, newest.generation, newest.position);
      // Both slots take their room now: later, the disk may be full.
      await opened.write(newest.position, true);
      await opened.write(newest.position, true);
      if (!exists) await files.syncNames();
      return opened;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  async write(position: number, isSynced: boolean): Promise<void> {
    this.generation += 1;
    const bytes = encodeSlot({ generation: this.generation, position });
    await this.file.write(bytes, (this.generation % 2) * SLOT_DISTANCE);
    if (isSynced) await this.file.sync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

function encodeSlot({ generation, position }: Slot): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(generation), 8);
  bytes.writeBigUInt64LE(BigInt(position), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

function decodeSlot(bytes: Buffer, at: number): Slot | undefined {
  const slot = bytes.subarray(at, at + SLOT_BYTES);
  if (!slot.subarray(0, 8).equals(MAGIC) || crc32(slot.subarray(0, 24)) !== slot.readUInt32LE(24)) return undefined;
  const generation = Number(slot.readBigUInt64LE(8));
  const position = Number(slot.readBigUInt64LE(16));
  return Number.isSafeInteger(position) && Number.isSafeInteger(generation) ? { generation, position } : undefined;
}
