import { accessSync, constants, statSync } from 'node:fs';
import type { UnwritableFolder } from '../facts';

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined);

/** @throws Error with the code of the system, where this user may make no file in it */
function tryFolder(path: string): void {
  accessSync(path, constants.W_OK | constants.X_OK);
}

/**
 * Those of some folders in which this user may make no file; what is no folder, or not there, is passed over. Of a disk that is mounted
 * read-only the system says so to root, too.
 * @throws Error where one cannot be looked at
 */
export function foldersNotWritable(paths: readonly string[], attempt = tryFolder): readonly UnwritableFolder[] {
  return paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true) return [];
    try {
      attempt(path);
      return [];
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw thrown;
      return [{ path, owner: found.uid, isReadOnly: code === 'EROFS' }];
    }
  });
}
