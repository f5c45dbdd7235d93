import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFresh } from '../../tools/build-fresh';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const FOLDERS = ['src', 'nodes', 'tools', 'icons', 'flows', 'examples'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src/a.ts', 'nodes/b.ts'];
const BUILT = 2000;

describe('a build that is still fresh', () => {
  let root: string;
  const at = (path: string, seconds: number): void => {
    utimesSync(join(root, path), seconds, seconds);
  };

  beforeEach(() => {
    root = temporaryFolder('fresh');
    for (const folder of [...FOLDERS, 'dist']) mkdirSync(join(root, folder));
    for (const file of [...FILES, 'dist/last']) writeFileSync(join(root, file), '');
    for (const path of [...FILES, ...FOLDERS]) at(path, BUILT - 1000);
    at('dist/last', BUILT);
  });

  afterEach(() => {
    removeFolder(root);
  });

  it('is one after which nothing has changed', () => {
    assert.equal(isFresh(root, 'dist/last'), true);
  });

  for (const path of ['src/a.ts', 'package-lock.json', 'tools']) {
    it(`is none after ${path} has changed`, () => {
      at(path, BUILT + 1);
      assert.equal(isFresh(root, 'dist/last'), false);
    });
  }

  it('is none after a file was taken away, and where a build did not end', () => {
    rmSync(join(root, 'nodes/b.ts'));
    assert.equal(isFresh(root, 'dist/last'), false);
    at('nodes', BUILT - 1000);
    rmSync(join(root, 'dist/last'));
    assert.equal(isFresh(root, 'dist/last'), false);
  });
});
