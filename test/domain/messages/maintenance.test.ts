import assert from 'node:assert/strict';
import { meterOfRequest, parseMaintenance } from '../../../src/domain/messages/maintenance';

describe('parseMaintenance', () => {
  it('takes what opens and what closes a window', () => {
    assert.deepEqual(parseMaintenance({ maintenance: { minutes: 10 } }), { durationMs: 600_000, meter: undefined });
    assert.deepEqual(parseMaintenance({ maintenance: { minutes: 0.5 }, meter: ' m1 ' }), {
      durationMs: 30_000,
      meter: 'm1',
    });
    assert.deepEqual(parseMaintenance({ maintenance: false, meter: 'm1' }), { durationMs: undefined, meter: 'm1' });
  });

  it('leaves every other payload alone', () => {
    for (const payload of [undefined, null, 1, '', 'maintenance', [], {}, { meter: 'm1' }, { minutes: 10 }]) {
      assert.equal(parseMaintenance(payload), undefined);
    }
    assert.equal(parseMaintenance(Object.create({ maintenance: false })), undefined);
  });

  it('refuses in one sentence what it cannot understand', () => {
    for (const [payload, sentence] of [
      [{ maintenance: true }, /^payload\.maintenance is true, expected an object; send \{"maintenance"/],
      [{ maintenance: {} }, /^payload\.maintenance\.minutes is missing, expected a number/],
      [{ maintenance: { minutes: 0 } }, /minutes is 0, expected more than 0 and at most 60/],
      [{ maintenance: { minutes: 61 } }, /minutes is 61/],
      [{ maintenance: { minutes: '10' } }, /minutes is "10", expected a number/],
      [{ maintenance: { minutes: Number.NaN } }, /expected a number/],
      [{ maintenance: false, meter: 7 }, /^payload\.meter is 7, expected text/],
    ] as const) {
      assert.throws(() => parseMaintenance(payload), { code: 'MESSAGE_INVALID', message: sentence });
    }
  });
});

describe('meterOfRequest', () => {
  const meters = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const of = (meter: string | undefined, names = [...meters.keys()]): number =>
    meterOfRequest({ durationMs: undefined, meter }, (name) => meters.get(name), names);

  it('takes the only meter without a name, and one of several by its name', () => {
    assert.equal(of(undefined, ['a']), 1);
    assert.equal(of('b'), 2);
    assert.throws(() => of(undefined), { code: 'MESSAGE_INVALID', message: /names none of 2 meters; add the name/ });
    assert.throws(() => of('c'), { code: 'MESSAGE_INVALID', message: /There is no meter "c" here/ });
    assert.throws(() => of(undefined, []), { code: 'MESSAGE_INVALID', message: /names none of 0 meters/ });
  });
});
