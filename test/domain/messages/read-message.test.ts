import assert from 'node:assert/strict';
import { readMessage } from '../../../src/domain/messages/read-message';
import { normalizeReading } from '../../../src/domain/quality/normalize';
import { seededRandom } from '../../../src/support/random';
import { sampleReading } from '../../../testkit/meters/readings';

const READING = sampleReading([101], seededRandom(1));
const { meter } = READING;

describe('a message that came to a sink', () => {
  it('is telemetry or an alarm, as it is', () => {
    const telemetry = normalizeReading(READING);
    assert.deepEqual(readMessage(telemetry), { kind: 'telemetry', telemetry });
    const alarm = { schema: 'pm500.alarm/1', meter, event: 'list', timestamp: 5, active: [], unjudged: [] };
    assert.deepEqual(readMessage(alarm), { kind: 'alarm', alarm });
  });

  it('is passed over where a node of this package sends it beside values', () => {
    for (const name of ['normalize-diagnostics', 'diagnostics', 'layout-check', 'counter-event'])
      assert.deepEqual(readMessage({ schema: `pm500.${name}/1` }), { kind: 'side' }, name);
  });

  it('is left to the sink where it is not of this package', () => {
    for (const payload of [undefined, null, 5, 'pm500.alarm/1', [], {}, { schema: 5 }, { schema: 'other/1', a: 1 }])
      assert.equal(readMessage(payload), undefined);
  });

  it('is refused in one sentence where it is for another node, of another version, or damaged', () => {
    const refused: readonly (readonly [payload: object, sentence: RegExp])[] = [
      [READING, /^payload\.schema is "pm500\.reading\/1", .* put a pm500-normalize node before this one; .+\.$/],
      [{ schema: 'pm500.telemetry/2' }, /^payload\.schema is "pm500\.telemetry\/2", expected "pm500\.telemetry\/1"/],
      [{ schema: 'pm500.delivery/1' }, /^payload\.schema is "pm500\.delivery\/1", expected /],
      [{ schema: 'pm500.telemetry/1', meter }, /^payload\.timestamp is missing/],
      [{ schema: 'pm500.alarm/1', meter, timestamp: 1 }, /^payload\.event is missing/],
    ];
    for (const [payload, message] of refused)
      assert.throws(() => readMessage(payload), { code: 'MESSAGE_INVALID', message });
  });
});
