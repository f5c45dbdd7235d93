import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

/** Types of a file, and whether others may import them. */
function typesOf(
  path: string,
): readonly { readonly name: string; readonly path: string; readonly exported: boolean }[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(/^(export )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(
    ([, exported, name = '']) => ({ name, path, exported: exported !== undefined }),
  );
}

describe('names of types', () => {
  it('one that others import means one thing in src/ and nodes/', () => {
    const types = ['src', 'nodes'].flatMap((folder) => filesBelow(folder, '.ts')).flatMap(typesOf);
    const shared = new Set(types.filter(({ exported }) => exported).map(({ name }) => name));
    assert.ok(shared.size > 300);
    const twice = [...shared].flatMap((name) => {
      const places = types.filter((type) => type.name === name).map(({ path }) => path);
      return places.length > 1 ? [`${name}: ${places.join(', ')}`] : [];
    });
    assert.deepEqual(twice, []);
  });
});
