import { readFileSync, statSync, type Stats } from 'node:fs';
import { Pm500Error, toPm500Error, type ErrorCode } from './errors';

/** All authorities that systems trust, in PEM, are a tenth of that. */
export const MOST_PEM_BYTES = 5_000_000;

/** @throws Error in a few words when there is no such file, or it is a device, a pipe or a folder */
export function regularFile(path: string): Stats {
  const file = statSync(path);
  if (file.isFile()) return file;
  throw new Error('it is no regular file');
}

/**
 * What is in a file that a person named in some settings. Devices and pipes are refused before they are opened: reading
 * them may never end, and would hold up everything else in the process.
 * @throws Error in a few words when there is no such file, it is no regular one, or it is larger than `maximumBytes`
 */
export function readRegularFile(path: string, maximumBytes: number): Buffer {
  const { size } = regularFile(path);
  if (size <= maximumBytes) return readFileSync(path);
  throw new Error(`it has ${size} bytes, and ${maximumBytes} are the most that make sense`);
}

/** JSON as editors of Windows may save it, with the mark of UTF-8 before it, which Node-RED passes over, too. */
export const parseJson = (text: string): unknown => JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;

/**
 * The text of such a file.
 * @param what begins the sentence of an error, for instance "Layout file"
 * @param code of the error
 * @throws Pm500Error with `code` where it cannot be read
 */
export function readTextFile(path: string, what: string, code: ErrorCode, maximumBytes: number): string {
  try {
    return readRegularFile(path, maximumBytes).toString();
  } catch (thrown) {
    const problem = toPm500Error(thrown).message;
    const isOfSystem = thrown instanceof Error && 'code' in thrown;
    const advice = isOfSystem ? '' : '; check the path';
    throw new Pm500Error(code, `${what} ${path} cannot be read: ${problem}${advice}.`, { cause: thrown });
  }
}
