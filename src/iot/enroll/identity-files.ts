import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Pm500Error, toPm500Error } from '../../support/errors';
import { readRegularFile } from '../../support/read-text-file';
import { replaceFileNow } from '../../support/safe-files';
import type { PairNumber } from './state';

/** What an identity asks of a folder. Tests pass one that fails and dies. */
export interface IdentityFiles {
  /** Undefined where there is no such file. */
  read(name: string): string | undefined;
  /** As a whole and for good, or not at all; only its owner may read it. */
  replace(name: string, text: string): void;
  /** Does nothing where it is not there. */
  remove(name: string): void;
}

export const IDENTITY_FILE = 'identity.json';
export const keyFile = (number: PairNumber): string => `${number}.key.pem`;
export const certificateFile = (number: PairNumber): string => `${number}.certificate.pem`;
export const requestFile = (number: PairNumber): string => `${number}.request.pem`;
/** A key or a certificate has a few hundred bytes. */
const MOST_BYTES = 1_000_000;

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
const isFull = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');

function unwritable(path: string, thrown: unknown): Pm500Error {
  const advice = isFull(thrown) ? 'make room on the disk' : 'check the folder and its owner';
  return new Pm500Error(
    'IDENTITY_WRITE_FAILED',
    `The file ${path} cannot be written (${toPm500Error(thrown).message}); ${advice}, and run the command again: it goes on where it was.`,
    { cause: thrown, retryable: true },
  );
}

/** A folder of this computer. Files have the mode 0600; a power loss leaves the old one or the new one. */
export function folderFiles(folder: string): IdentityFiles {
  return {
    read: (name) => {
      const path = join(folder, name);
      try {
        return readRegularFile(path, MOST_BYTES).toString();
      } catch (thrown) {
        // A folder that may not be looked into is not one without the file.
        if (isMissing(thrown)) return undefined;
        const why = toPm500Error(thrown).message;
        throw new Pm500Error(
          'IDENTITY_INVALID',
          `The file ${path} cannot be read (${why}); check the folder and its owner.`,
          { cause: thrown },
        );
      }
    },
    replace: (name, text) => {
      try {
        replaceFileNow(join(folder, name), text);
      } catch (thrown) {
        throw unwritable(join(folder, name), thrown);
      }
    },
    remove: (name) => {
      try {
        rmSync(join(folder, name), { force: true });
      } catch (thrown) {
        throw unwritable(join(folder, name), thrown);
      }
    },
  };
}
