import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../testkit/root';

/**
 * Layers that still take facts of one meter model from its folder instead of a `MeterModel` that they are given, each
 * with the reason. The list only gets shorter.
 */
const NOT_YET: Readonly<Record<string, string>> = {
  transport: 'limits and identity of the meter are constants of the modules',
  acquisition: 'settings rows and identity are worked out when modules load',
  simulator: 'the model of the simulated meter is the only one',
};

const SRC = join(ROOT, 'src');

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));
}

const namesModel = (file: string): boolean =>
  /from '[^']*meters\/pm500[/']/.test(readFileSync(join(SRC, file), 'utf8'));

describe('meter model', () => {
  it('only the commands, and above src/ the nodes, name a meter model; all else is given one', () => {
    const strays = sources().filter((file) => {
      const [layer = ''] = file.split('/');
      return !file.startsWith('meters/pm500/') && layer !== 'cli' && !(layer in NOT_YET) && namesModel(file);
    });
    assert.deepEqual(strays, []);
  });

  it('every layer that is listed as not converted still is not', () => {
    for (const layer of Object.keys(NOT_YET)) {
      assert.ok(
        sources().some((file) => file.startsWith(`${layer}/`) && namesModel(file)),
        `${layer} names no meter model any more: take it off the list`,
      );
    }
  });
});
