import { readFileSync, statSync } from 'node:fs';
import { Pm500Error, toPm500Error, type ErrorCode } from './errors';

/**
 * The text of a file that a person named in some settings. Devices and pipes are refused before they are opened: reading
 * them may never end, and would hold up everything else in the process.
 * @param what begins the sentence of an error, for instance "Layout file"
 * @param code of the error
 * @throws Pm500Error with `code` when there is no such file, it is no regular one, or it is larger than `maximumBytes`
 */
export function readTextFile(path: string, what: string, code: ErrorCode, maximumBytes: number): string {
  let problem: string;
  try {
    const file = statSync(path);
    if (file.isFile() && file.size <= maximumBytes) return readFileSync(path, 'utf8');
    problem = file.isFile()
      ? `it has ${file.size} bytes, and ${maximumBytes} are the most that make sense`
      : 'it is no regular file';
  } catch (thrown) {
    throw new Pm500Error(code, `${what} ${path} cannot be read: ${toPm500Error(thrown).message}.`, { cause: thrown });
  }
  throw new Pm500Error(code, `${what} ${path} cannot be read: ${problem}; check the path.`);
}
