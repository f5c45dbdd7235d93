import { Pm500Error, toPm500Error } from '../support/errors';

/** What a person can do about an error of the file system. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free space, and it goes on by itself',
  EDQUOT: 'the disk quota is used up; raise it or free space, and it goes on by itself',
  EFBIG: 'a file may not grow any further; raise the limit of the process',
  EROFS: 'the file system is read-only; mount it writable',
  EACCES: 'the folder may not be used; give the user of Node-RED the right to write there',
  EPERM: 'the folder may not be used; give the user of Node-RED the right to write there',
  ENOTDIR: 'a part of the path is no folder; choose another folder',
  EEXIST: 'a part of the path is no folder; choose another folder',
  ELOOP: 'a file of the outbox is a symbolic link, which is not followed; remove it',
  EIO: 'the disk reports errors; check it',
  EMFILE: 'too many files are open; raise the limit of the process',
};

/** @param what was tried, the end of "The outbox in FOLDER cannot" */
export function writeFailed(folder: string, thrown: unknown, what = 'take records'): Pm500Error {
  return coded('OUTBOX_WRITE_FAILED', `The outbox in ${folder} cannot ${what}`, thrown);
}

export function readFailed(folder: string, thrown: unknown): Pm500Error {
  return coded('OUTBOX_UNAVAILABLE', `The outbox in ${folder} cannot be read`, thrown);
}

export function openFailed(folder: string, thrown: unknown): Pm500Error {
  return coded('OUTBOX_UNAVAILABLE', `The outbox in ${folder} cannot be opened`, thrown);
}

function coded(code: 'OUTBOX_WRITE_FAILED' | 'OUTBOX_UNAVAILABLE', beginning: string, thrown: unknown): Pm500Error {
  if (thrown instanceof Pm500Error) return thrown;
  const system = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const { message } = toPm500Error(thrown);
  const advice = ADVICE[system] ?? 'check the folder and its disk';
  return new Pm500Error(code, `${beginning}: ${advice} (${message}).`, { cause: thrown, retryable: true });
}
