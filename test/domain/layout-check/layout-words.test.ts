import assert from 'node:assert/strict';
import { formatDuration, formatNumber } from '../../../src/domain/layout-check/words';

describe('numbers and times in the sentences of a layout check', () => {
  it('are what a layout file can hold, without separators, whatever their size', () => {
    const cases = [
      [0.31598123, '0.31598'],
      [9999, '9999'],
      [65_535, '65535'],
      [100_000, '100000'],
      [1_000_000, '1000000'],
      [-123_456.7, '-123457'],
    ] as const;
    for (const [value, text] of cases) assert.equal(formatNumber(value), text);
    assert.equal(formatNumber(1_234_567, 'Wh'), '1234567 Wh');
  });

  it('are seconds up to two minutes, then minutes', () => {
    const cases = [
      [18_959, '19 s'],
      [60_000, '60 s'],
      [119_400, '119 s'],
      [120_000, '2 min'],
      [754_000, '12.6 min'],
    ] as const;
    for (const [milliseconds, text] of cases) assert.equal(formatDuration(milliseconds), text);
  });
});
