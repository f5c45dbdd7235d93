import { crc32 } from 'node:zlib';
import { MOST_STEPS, type ClockStep } from './ages';
import type { OutboxFile, OutboxFiles } from './files';

/*
 * The position of the oldest record that waits, in two slots. Until the disk is known to have what one of them holds, the
 * other is left alone: writes that are torn damage one of them, and the other still tells a position before. Little endian; each slot in a sector of its own:
 *
 *    0  u8[8] "PM500POS"    8  u64  generation    16  u64  position    24  u32  CRC-32 of the 24 bytes above
 *
 * Behind it, where an earlier version does not look, and told whole or not at all:
 *
 *   28  u64  end: position of the next record to come    36  u32  steps of the clock that follow
 *   40  each step: u64 position, f64 milliseconds         then u32  CRC-32 of the bytes from 8 to here but for 24 to 27
 */
const MAGIC = Buffer.from('PM500POS', 'latin1');
const SLOT_BYTES = 28;
const STEPS_AT = 40;
const STEP_BYTES = 16;
const MOST_BYTES = STEPS_AT + MOST_STEPS * STEP_BYTES + 4;
const SLOT_DISTANCE = 512;
/** Its name in the folder of the outbox. */
export const POSITION_NAME = 'position';

/** What an outbox remembers beside its records. */
export interface Remembered {
  /** Of the oldest record that waits. */
  readonly position: number;
  /** Of the next record to come, as far as it was remembered. */
  readonly end: number;
  /** Steps of the wall clock, oldest first. */
  readonly steps: readonly ClockStep[];
}

interface Slot extends Remembered {
  readonly generation: number;
  /** Where it stands in the file. */
  readonly at: number;
}

/** Remembers what was acknowledged. A lost position costs a resend, never a record. */
export class PositionFile {
  private constructor(
    private readonly file: OutboxFile,
    private generation: number,
    /** Of the slot that may be damaged; the other one is safe. */
    private writesAt: number,
    /** What was remembered when the file was opened; absent where nothing was. */
    readonly found: Remembered | undefined,
  ) {}

  static async open(files: OutboxFiles): Promise<PositionFile> {
    const exists = (await files.list()).includes(POSITION_NAME);
    const file = exists ? await files.open(POSITION_NAME) : await files.create(POSITION_NAME);
    try {
      const bytes = Buffer.alloc(SLOT_DISTANCE * 2);
      await file.read(bytes, 0);
      const newest = newestSlot(bytes);
      const opened = new PositionFile(file, newest?.generation ?? 0, newest?.at === 0 ? SLOT_DISTANCE : 0, newest);
      // Both slots take their room now: later, the disk may be full.
      const nothing = { position: 0, end: 0, steps: [] };
      await opened.write(newest ?? nothing, true);
      await opened.write(newest ?? nothing, true);
      if (!exists) await files.syncNames();
      return opened;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  async write(remembered: Remembered, isSynced: boolean): Promise<void> {
    this.generation += 1;
    const bytes = encodeSlot({ ...remembered, generation: this.generation });
    await this.file.write(bytes, this.writesAt);
    if (!isSynced) return;
    await this.file.sync();
    this.writesAt = SLOT_DISTANCE - this.writesAt;
  }

  /** False when file or folder are not where they were. */
  isInPlace(): Promise<boolean> {
    return this.file.isInPlace();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

function newestSlot(bytes: Buffer): Slot | undefined {
  return [decodeSlot(bytes, 0), decodeSlot(bytes, SLOT_DISTANCE)].reduce<Slot | undefined>(
    (best, slot) => (slot !== undefined && slot.generation > (best?.generation ?? 0) ? slot : best),
    undefined,
  );
}

/** What the bytes of a position file remember, for who only looks; undefined where nothing of it is whole. */
export function readPosition(bytes: Buffer): Remembered | undefined {
  const whole = Buffer.alloc(SLOT_DISTANCE * 2);
  bytes.copy(whole);
  return newestSlot(whole);
}

function encodeSlot({ generation, position, end, steps }: Omit<Slot, 'at'>): Buffer {
  const bytes = Buffer.alloc(MOST_BYTES);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(generation), 8);
  bytes.writeBigUInt64LE(BigInt(position), 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  bytes.writeBigUInt64LE(BigInt(end), SLOT_BYTES);
  bytes.writeUInt32LE(steps.length, 36);
  let at = STEPS_AT;
  for (const { position: before, byMs } of steps) {
    bytes.writeBigUInt64LE(BigInt(before), at);
    bytes.writeDoubleLE(byMs, at + 8);
    at += STEP_BYTES;
  }
  bytes.writeUInt32LE(crcOfMore(bytes, at), at);
  return bytes;
}

function decodeSlot(bytes: Buffer, at: number): Slot | undefined {
  const slot = bytes.subarray(at, at + SLOT_DISTANCE);
  if (!slot.subarray(0, 8).equals(MAGIC) || crc32(slot.subarray(0, 24)) !== slot.readUInt32LE(24)) return undefined;
  const generation = Number(slot.readBigUInt64LE(8));
  const position = Number(slot.readBigUInt64LE(16));
  if (!Number.isSafeInteger(position) || !Number.isSafeInteger(generation)) return undefined;
  return { at, generation, position, ...(decodeMore(slot) ?? { end: position, steps: [] }) };
}

function decodeMore(slot: Buffer): Pick<Remembered, 'end' | 'steps'> | undefined {
  const count = slot.readUInt32LE(36);
  const crcAt = STEPS_AT + count * STEP_BYTES;
  if (count > MOST_STEPS || crcOfMore(slot, crcAt) !== slot.readUInt32LE(crcAt)) return undefined;
  const end = Number(slot.readBigUInt64LE(SLOT_BYTES));
  const steps = Array.from({ length: count }, (_, index) => {
    const at = STEPS_AT + index * STEP_BYTES;
    return { position: Number(slot.readBigUInt64LE(at)), byMs: slot.readDoubleLE(at + 8) };
  });
  const isWhole = Number.isSafeInteger(end) && steps.every(({ position }) => Number.isSafeInteger(position));
  return isWhole ? { end, steps } : undefined;
}

/** Together with generation and position: the parts of different writes must not be taken for one. */
function crcOfMore(bytes: Buffer, end: number): number {
  return crc32(bytes.subarray(SLOT_BYTES, end), crc32(bytes.subarray(8, 24)));
}
