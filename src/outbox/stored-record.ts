import type { OutboxRecord } from './outbox';

/**
 * A record as it stands on the disk. Its payload stays bytes and becomes a text for who asks: what waits is then a few
 * large buffers to the garbage collector, and what is only sent is never decoded and encoded again.
 */
export class StoredRecord implements OutboxRecord {
  /**
   * @param source where the payload stands from `from` to before `to`, in UTF-8; nobody changes it any more
   */
  constructor(
    private readonly source: Buffer,
    private readonly from: number,
    private readonly to: number,
    readonly acceptedAt: number,
    readonly origin?: string,
  ) {}

  /** Decoded every time. */
  get payload(): string {
    return this.source.toString('utf8', this.from, this.to);
  }

  get payloadBytes(): number {
    return this.to - this.from;
  }

  copyPayload(target: Buffer, at: number): void {
    this.source.copy(target, at, this.from, this.to);
  }
}

/** Bytes of a payload in UTF-8. */
export function payloadBytes(record: OutboxRecord): number {
  return record instanceof StoredRecord ? record.payloadBytes : Buffer.byteLength(record.payload);
}

/** All payloads in UTF-8, a line feed between two of them. */
export function joinPayloads(records: readonly OutboxRecord[]): Buffer {
  const sizes = records.map(payloadBytes);
  const joined = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size + 1, 0));
  let at = 0;
  records.forEach((record, index) => {
    if (record instanceof StoredRecord) record.copyPayload(joined, at);
    else joined.write(record.payload, at);
    at += sizes[index] ?? 0;
    joined[at] = LINE_FEED;
    at += 1;
  });
  return joined.subarray(0, Math.max(at - 1, 0));
}

const LINE_FEED = 0x0a;
