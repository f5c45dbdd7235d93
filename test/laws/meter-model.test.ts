import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

const SRC = join(ROOT, 'src');
/** Meter models, a folder each. */
const MODELS = readdirSync(join(SRC, 'meters'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** A meter model itself, and what a person starts: there it is chosen. */
const MAY_NAME_A_MODEL = [...MODELS.map((model) => `meters/${model}/`), 'cli/'];

const sources = (folder = ''): readonly string[] =>
  filesBelow(join('src', folder), '.ts').map((path) => relative('src', path));

const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
/** What a file imports of a model, without its folder: '' is the value. */
const importsOfModels = (text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`['"][^'"]*meters/(?:${MODELS.join('|')})(?:/([^'"]*))?['"]`, 'g'))].map(
    ([, part = '']) => part,
  );
const namesModel = (file: string): boolean => importsOfModels(textOf(file)).length > 0;

describe('meter model', () => {
  it('only the commands, and above src/ the nodes, name a meter model; all else is given one', () => {
    const strays = sources().filter(
      (file) => !MAY_NAME_A_MODEL.some((folder) => file.startsWith(folder)) && namesModel(file),
    );
    assert.deepEqual(strays, []);
    assert.ok(sources('cli').some(namesModel), 'the law finds those that may');
  });

  it('the commands and the nodes take the value as a whole, so that another model is another value', () => {
    const takers = [...filesBelow('src/cli', '.ts'), ...filesBelow('nodes', '.ts')];
    const parts = takers.flatMap((path) =>
      importsOfModels(readFileSync(join(ROOT, path), 'utf8')).filter((part) => part !== ''),
    );
    assert.deepEqual(parts, []);
  });

  it('no transport and no sink says or knows which product it serves', () => {
    const { name, identity } = PM500;
    const words = [name, ...identity.catalogNumbers.map(({ catalogNumber }) => catalogNumber)];
    for (const folder of ['transport', 'outbox', 'delivery', 'sparkplug', 'influx']) {
      for (const file of sources(folder)) {
        const found = words.filter((word) => textOf(file).includes(word));
        assert.deepEqual(found, [], file);
      }
    }
  });
});
