import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../../support/clock';
import { Pm500Error, toPm500Error } from '../../support/errors';
import { readTextFile } from '../../support/read-text-file';
import type { Fleet } from './fleet';

/** Where the text of a meter list comes from. */
export interface FleetFileReader {
  /** Changes whenever the file does; rejects when there is none. */
  version(): Promise<string>;
  /** @throws Pm500Error when it cannot be read */
  text(): string;
}

export interface FleetFileOptions {
  readonly reader: FleetFileReader;
  readonly clock: Clock;
  /** @throws Pm500Error when the text as a whole makes no sense */
  readonly parse: (text: string) => Fleet;
  /** Called with the first list that could be read, and with every other one. */
  readonly onFleet: (fleet: Fleet) => void;
  /** Called once when the file cannot be used, and again only when the reason changes; undefined: it can be used again. */
  readonly onProblem: (problem: Pm500Error | undefined) => void;
}

export interface WatchedFile {
  stop(): void;
}

/** Ten thousand meters with room to spare; whatever is longer is another file. */
const LARGEST_FILE_BYTES = 4_000_000;
const LOOK_EVERY_MS = 1000;

/** A meter list on disk. Editors replace files, so the inode belongs to its version. */
export function fleetFileReader(path: string): FleetFileReader {
  return {
    version: async () => {
      const { mtimeMs, size, ino } = await stat(path);
      return `${mtimeMs} ${size} ${ino}`;
    },
    text: () => readTextFile(path, 'Meter list', 'CONFIG_INVALID', LARGEST_FILE_BYTES),
  };
}

/**
 * Reads a meter list now and whenever it has changed. It looks at the file instead of having the operating system tell,
 * because that ends silently when an editor replaces the file, and never begins on network drives. A change counts when
 * two looks in a row see the same version, so that a file that is being written is left alone; whatever is wrong with
 * the file, the list that was read last stays in force.
 */
export function watchFleetFile(options: FleetFileOptions): WatchedFile {
  const { reader, clock } = options;
  let timer: Timer | undefined;
  let stopped = false;
  /** Versions of the last look, and of the text that was read last. */
  let seen: string | undefined;
  let read: string | undefined;
  let text: string | undefined;
  let problem: string | undefined;

  const tell = (error: Pm500Error | undefined): void => {
    if (error?.message === problem) return;
    problem = error?.message;
    options.onProblem(error);
  };

  const take = (): void => {
    const found = reader.text();
    if (found !== text) {
      const fleet = options.parse(found);
      text = found;
      options.onFleet(fleet);
    }
    tell(undefined);
  };

  const look = async (): Promise<void> => {
    try {
      const version = await reader.version();
      if (stopped) return;
      const isFirst = seen === undefined && text === undefined;
      const isSettled = version === seen || isFirst;
      seen = version;
      if (version === read || !isSettled) return;
      read = version;
      take();
    } catch (thrown) {
      if (stopped) return;
      if (thrown instanceof Pm500Error) tell(thrown);
      else {
        seen = undefined;
        read = undefined;
        const reason = toPm500Error(thrown).message;
        const sentence = `The meter list cannot be read: ${reason}; the list that was read last stays in force.`;
        tell(new Pm500Error('CONFIG_INVALID', sentence, { cause: thrown }));
      }
    }
  };

  const lookAgain = (): void => {
    void look().then(() => {
      if (!stopped) timer = clock.after(LOOK_EVERY_MS, lookAgain, true);
    });
  };
  lookAgain();

  return {
    stop: () => {
      stopped = true;
      timer?.cancel();
    },
  };
}
