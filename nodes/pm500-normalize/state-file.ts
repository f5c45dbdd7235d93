import { readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Clock, Timer } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import type { Logger } from '../../src/support/logger';
import { replaceFile, replaceFileNow } from '../../src/support/safe-files';

/** What is kept over a restart: never an older state after a newer one, and never half a file. */
export interface StateFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Written at most this often, ms. */
  readonly everyMs: number;
  /** What to write; `closed` when nothing follows. */
  readonly state: (closed: boolean) => unknown;
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}

/**
 * The state that a node left behind; undefined when there is none. What cannot be used is set aside under another name,
 * said in one sentence, and the node starts without a past.
 * @param accept tells a state from other JSON
 */
export function loadState(path: string, accept: (saved: unknown) => boolean, logger: Logger, now: number): unknown {
  let problem: string;
  try {
    const saved: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (accept(saved)) return saved;
    problem = 'it holds something else';
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    problem = toPm500Error(thrown).message;
  }
  const aside = `${path}.damaged-${now}`;
  try {
    renameSync(path, aside);
    logger.warn(`The saved state ${path} cannot be used (${problem}); it is now ${aside}, and counting starts anew.`);
  } catch {
    logger.warn(`The saved state ${path} cannot be used (${problem}) nor renamed; counting starts anew.`);
  }
  return undefined;
}

/** A last state that cannot be marked as used up would be counted from a second time after the next start. */
function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What cannot be written mostly cannot be removed either; it has been said.
  }
}

/** Writes the state of a node: soon after a change, and when the node closes. */
export class StateFile {
  private timer: Timer | undefined;
  private writing: Promise<void> = Promise.resolve();
  private hasFailed = false;
  private isOver = false;

  constructor(private readonly options: StateFileOptions) {}

  /** Says that the state on disk is not the last one any more. Call it before anything is sent. */
  begin(): void {
    const { path } = this.options;
    try {
      replaceFileNow(path, this.text(false));
    } catch (thrown) {
      this.complain(thrown);
      forget(path);
    }
  }

  /** Something changed: it is written before long. Nothing happens any more after `close` and `remove`. */
  changed(): void {
    if (this.isOver) return;
    const { clock, everyMs } = this.options;
    this.timer ??= clock.after(
      everyMs,
      () => {
        this.timer = undefined;
        void this.write(false);
      },
      true,
    );
  }

  /** Writes the last state; afterward nothing is written. */
  async close(): Promise<void> {
    this.end();
    await this.write(true);
  }

  /** Takes the file away, for a node that is gone. */
  async remove(): Promise<void> {
    this.end();
    await this.writing;
    await rm(this.options.path, { force: true });
  }

  private end(): void {
    this.isOver = true;
    this.timer?.cancel();
  }

  private text(closed: boolean): string {
    return JSON.stringify(this.options.state(closed));
  }

  private write(closed: boolean): Promise<void> {
    this.writing = this.writing.then(async () => {
      const { path } = this.options;
      try {
        await replaceFile(path, this.text(closed));
        this.hasFailed = false;
      } catch (thrown) {
        this.complain(thrown);
      }
    });
    return this.writing;
  }

  private complain(thrown: unknown): void {
    const { logger, path } = this.options;
    if (!this.hasFailed) {
      logger.warn(
        `The state ${path} cannot be saved (${toPm500Error(thrown).message}); KPIs and alarms start anew after a restart.`,
      );
    }
    this.hasFailed = true;
  }
}
