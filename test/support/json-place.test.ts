import assert from 'node:assert/strict';
import { lineAt, lineOf } from '../../src/support/json-place';

const TEXT = `{
  "name": "a \\"b\\": {[",
  "assemblies": [
    { "instance": 100, "measurements": [] },
    {
      "instance": 101,
      "measurements": [
        { "metric": "x" }, { "metric": "y",
          "element": 3 }
      ]
    }
  ],
  "metrics": [{
    "range": { "min": 0,
               "max": 1 } }]
}`;

describe('places in JSON', () => {
  for (const [path, line] of [
    ['', 1],
    ['name', 2],
    ['assemblies', 3],
    ['assemblies[0].instance', 4],
    ['assemblies[1]', 5],
    ['assemblies[1].measurements[0].metric', 8],
    ['assemblies[1].measurements[1].element', 9],
    ['metrics[0].range.max', 15],
  ] as const) {
    it(`has ${path === '' ? 'the whole' : path} in line ${line}`, () => {
      assert.equal(lineOf(TEXT, path), line);
    });
  }

  it('has what is missing where the innermost of those around it begins', () => {
    assert.equal(lineOf(TEXT, 'assemblies[1].title'), 5);
    assert.equal(lineOf(TEXT, 'assemblies[7].title'), 3);
    assert.equal(lineOf(TEXT, 'assemblies[1].measurements[1].bit.deep'), 8);
    assert.equal(lineOf(TEXT, 'none'), 1);
  });

  it('counts lines up to a character', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((position) => lineAt('a\nb\nc', position)),
      [1, 1, 2, 2],
    );
  });
});
