import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { loadLayout } from '../../src/acquisition/layout-file';
import { throwsWith } from '../../testkit/expect-error';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { PM500 } from '../../src/meters/pm500';

describe('a layout file', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder('layout');
  });

  afterEach(() => {
    removeFolder(folder);
  });

  const file = (text: string): string => {
    const path = join(folder, 'layout.json');
    writeFileSync(path, text);
    return path;
  };

  it('is not needed', () => {
    assert.equal(loadLayout(PM500, ''), workingLayout(PM500));
  });

  for (const [what, path, why] of [
    ['that is missing', () => join(folder, 'none.json'), /none\.json cannot be read: ENOENT/],
    ['that is a folder', () => folder, /cannot be read: it is no regular file; check the path\.$/],
    ['that never ends', () => '/dev/zero', /cannot be read: it is no regular file; check the path\.$/],
    ['of another kind', () => file('\u0001garbage{'), /layout\.json cannot be read: .*JSON/],
    ['with nothing in it', () => file(''), /layout\.json cannot be read: .*JSON/],
    ['with another content', () => file('{"a":1}'), /Layout file .*layout\.assemblies is missing/],
  ] as const) {
    it(`${what} is refused in one sentence`, () => {
      assert.match(throwsWith(() => loadLayout(PM500, path()), 'LAYOUT_INVALID').message, why);
    });
  }

  it('that is wrong is refused with the line and the path, also where it is the whole that does not fit', () => {
    const whole = { format: 'pm500.layout/1', name: 'site', assemblies: PM500.layout.assemblies };
    const text = JSON.stringify(whole, undefined, 2);
    const lineOf = (found: number): number => text.slice(0, found).split('\n').length;
    const refused = (changed: string): string =>
      throwsWith(() => loadLayout(PM500, file(changed)), 'LAYOUT_INVALID').message;
    const unit = text.indexOf('"group": "realtime"');
    assert.match(
      refused(text.replace('"group": "realtime"', '"group": "nights"')),
      new RegExp(`layout\\.json, line ${lineOf(unit)}: layout\\.assemblies\\[1\\]\\.group is "nights"`),
    );
    const row = text.indexOf('{', text.indexOf('"measurements"', unit));
    assert.match(
      refused(text.replace('"voltage_l1_n"', '"voltage_l9_n"')),
      new RegExp(`line ${lineOf(row)} \\(layout\\.assemblies\\[1\\]\\.measurements\\[0\\]\\): Layout, assembly 101`),
    );
    assert.match(
      refused(text.replace('"name": "site",', '"name": "site"')),
      /it is no JSON from character \d+ on, in line 4;/,
    );
  });

  it('that is far too large is refused before it is read', () => {
    const path = file('');
    truncateSync(path, 3_000_000_000);
    const { message } = throwsWith(() => loadLayout(PM500, path), 'LAYOUT_INVALID');
    assert.match(message, /it has 3000000000 bytes, and 1000000 are the most/);
  });
});
