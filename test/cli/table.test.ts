import assert from 'node:assert/strict';
import { screenOf } from '../../src/cli/terminal';
import { alignColumns, formatTable, formatValue } from '../../src/cli/table';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { seededRandom } from '../../src/support/random';
import { sampleReading } from '../../testkit/meters/readings';

describe('a screen', () => {
  it('has colors, unless NO_COLOR is set, TERM is dumb, or there is none', () => {
    const ofScreen = screenOf(true, { TERM: 'xterm' });
    assert.deepEqual(ofScreen, { isScreen: true, hasColor: true });
    assert.deepEqual(screenOf(true, { NO_COLOR: '' }), ofScreen);
    assert.deepEqual(screenOf(true, { NO_COLOR: '1' }), { isScreen: true, hasColor: false });
    assert.deepEqual(screenOf(true, { TERM: 'dumb' }), { isScreen: false, hasColor: false });
    assert.deepEqual(screenOf(false, {}), { isScreen: false, hasColor: false });
  });
});

describe('cells of a table', () => {
  it('move no cursor and begin no line, whatever a file or a device calls itself', () => {
    const table = alignColumns([['NAME'], ['\u001b]0;owned\u0007\u001b[2J'], ['a\nb'], ['c\u202ed\u2028e']]);
    assert.equal(table, 'NAME\n ]0;owned  [2J\na b\nc d e\n');
  });
});

describe('table of pm500 read', () => {
  it('rounds each quantity to what it can tell', () => {
    for (const [name, value, text] of [
      ['voltage_l1_n', 277.12345, '277.12'],
      ['active_power_total', 123456.7, '123457'],
      ['reactive_power_l1', -0.2, '0'],
      ['power_factor_l2', -0.98765, '-0.988'],
      ['active_energy_import_total', 3_946_754_250, '3946754250'],
      ['run_hours', 12.3456, '12.35'],
      ['of_a_site_layout', 1.23456, '1.235'],
      ['alarm_1', true, 'on'],
      ['alarm_1', false, 'off'],
      ['firmware_base', 'A.7', 'A.7'],
      ['firmware_analog', '', '-'],
      ['current_n', null, '-'],
    ] as const) {
      assert.equal(formatValue(name, { value }), text, name);
    }
  });

  it('keeps the lines of an assembly that failed, with the reason', () => {
    const reading = sampleReading([108], seededRandom(1));
    const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
    const failed = { ...reading, blocks: reading.blocks.map((block) => ({ ...block, values: {}, error })) };
    const lines = formatTable(normalizeReading(failed)).trimEnd().split('\n');
    assert.equal(lines.length, 7);
    assert.match(lines[1]!, /^alarm_1 +- +bad \(read_failed\) +verified$/);
  });
});
