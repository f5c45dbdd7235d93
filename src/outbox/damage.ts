import { toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { OutboxFiles } from './files';

/** A stretch of a segment in which no record can be read. */
export interface Damage {
  readonly segmentName: string;
  readonly offset: number;
  readonly bytes: Buffer;
  /** Records that waited and are lost with it. */
  readonly lost: number;
}

/** Sets damaged parts aside, so that a person can look at them, and says so. */
export class DamageReporter {
  /** Records lost so far. */
  lost = 0;

  constructor(
    private readonly files: OutboxFiles,
    private readonly folder: string,
    private readonly logger: Logger,
  ) {}

  /** Never throws: what can be read must be delivered, whether or not the rest can be kept. */
  async report({ segmentName, offset, bytes, lost }: Damage): Promise<void> {
    this.lost += lost;
    const reason = `${lost} records lost: ${bytes.length} bytes at ${offset} of ${segmentName} hold no record that can be read`;
    const kept =
      bytes.length === 0 ? 'nothing of them is left' : await this.setAside(segmentName, offset, bytes, reason);
    this.logger.error(`Outbox ${this.folder}: ${reason}; ${kept}. All other records are delivered; check the disk.`);
  }

  /** Files with waiting records are gone, or were cut off at the beginning. */
  reportMissing(lost: number): void {
    this.lost += lost;
    this.logger.error(
      `Outbox ${this.folder}: ${lost} records lost: the files that held the oldest of them are gone. All other records are delivered; check who removes files there.`,
    );
  }

  private async setAside(segmentName: string, offset: number, bytes: Buffer, reason: string): Promise<string> {
    const name = `${segmentName.replace(/\.(?:seg|log)$/, '')}.${offset}.damaged`;
    try {
      if ((await this.files.list()).includes(name)) return `the bytes are in ${name}`;
      const file = await this.files.create(name);
      try {
        await file.write(Buffer.concat([Buffer.from(`${reason}\n`), bytes]), 0);
        await file.sync();
      } finally {
        await file.close();
      }
      return `the bytes are in ${name}`;
    } catch (thrown) {
      return `the bytes could not be set aside: ${toPm500Error(thrown).message}`;
    }
  }
}
