import { accessSync, constants, statSync, type Stats } from 'node:fs';
import type { UnwritableFolder } from '../facts';

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined);

/** Below a file there is no folder either. @throws Error where nobody may look */
function folderAt(path: string): Stats | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() === true ? found : undefined;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOTDIR') return undefined;
    throw thrown;
  }
}

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
    const found = folderAt(path);
    if (found === undefined) return [];
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
