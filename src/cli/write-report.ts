import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { toPm500Error } from '../support/errors';
import { failUsage } from './options';

const PERMISSIONS = 0o777;
/** A report tells what is open to whom: others may read it only where somebody has let them. */
const MODE = 0o600;

function replace(path: string, text: string | Uint8Array, mode: number): void {
  const before = existsSync(path) ? statSync(path) : undefined;
  if (before?.isFile() === false) {
    // A pipe or a terminal: nothing of it may be renamed.
    writeFileSync(path, text);
    return;
  }
  const place = before === undefined ? path : realpathSync(path);
  const beside = `${place}.new`;
  rmSync(beside, { force: true });
  // Made here and now: never what somebody else has laid there.
  const file = openSync(beside, 'wx', mode);
  try {
    writeFileSync(file, text);
    if (before !== undefined) {
      if (process.getuid?.() === 0) fchownSync(file, before.uid, before.gid);
      fchmodSync(file, before.mode & PERMISSIONS);
    }
  } finally {
    closeSync(file);
  }
  renameSync(beside, place);
}

/**
 * Writes a report into a file as a whole, so that whoever reads it meanwhile sees the old one or the new one. A file that is
 * there keeps its owner and who may read it.
 * @param mode of a new file; the umask takes its share
 * @param option that says where it goes
 * @throws Pm500Error CONFIG_INVALID where it cannot be written
 */
export function writeReport(path: string, text: string | Uint8Array, mode = MODE, option = '--output'): void {
  try {
    replace(path, text, mode);
  } catch (thrown) {
    failUsage(`The report cannot be written to ${path} (${toPm500Error(thrown).message}); correct ${option}.`);
  }
}
