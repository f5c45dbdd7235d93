import { readRegularFile } from '../../support/read-text-file';
import { isRecord } from '../../support/expect';
import { replaceFileNow } from '../../support/safe-files';
import { readIdentity } from './identity-credentials';

const MOST_BYTES = 10_000;

/**
 * The name of the thing that an identity is of. Topics carry it, and readings come also while the folder cannot be read:
 * then it is the one that was known last, also by a program that ran before.
 */
export class ThingName {
  private known: string | undefined;

  /** @param memory path of the file that keeps it; undefined: nothing does */
  constructor(
    private readonly folder: string,
    private readonly memory: string | undefined,
  ) {}

  /** What the folder says now. @throws Pm500Error MQTT_CREDENTIALS_INVALID, IDENTITY_INVALID */
  read(): string {
    const { thing } = readIdentity(this.folder);
    if (thing !== this.known) this.remember(thing);
    this.known = thing;
    return thing;
  }

  /** What it was last. @throws Pm500Error MQTT_CREDENTIALS_INVALID, IDENTITY_INVALID where it never was known */
  get(): string {
    if (this.known !== undefined) return this.known;
    try {
      return this.read();
    } catch (thrown) {
      this.known = this.remembered();
      if (this.known === undefined) throw thrown;
      return this.known;
    }
  }

  private remember(thing: string): void {
    if (this.memory === undefined || this.remembered() === thing) return;
    try {
      replaceFileNow(this.memory, JSON.stringify({ folder: this.folder, thing }));
    } catch {
      // A disk that is full is told by the outbox, and what is kept here helps only on a bad day.
    }
  }

  private remembered(): string | undefined {
    if (this.memory === undefined) return undefined;
    try {
      const found: unknown = JSON.parse(readRegularFile(this.memory, MOST_BYTES).toString());
      if (!isRecord(found) || found['folder'] !== this.folder || typeof found['thing'] !== 'string') return undefined;
      return found['thing'];
    } catch {
      return undefined;
    }
  }
}
