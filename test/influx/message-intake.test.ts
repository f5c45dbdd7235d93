import assert from 'node:assert/strict';
import { LineMapper } from '../../src/influx/line-mapper';
import { MessageIntake } from '../../src/influx/message-intake';
import { Pm500Error } from '../../src/support/errors';

const DEFAULTS = { influxMeasurement: 'm', timestamp: 1_700_000_000_000 };

function points(count: number, last: object = { fields: { v: count - 1 } }): object[] {
  return Array.from({ length: count }, (_one, v) => (v === count - 1 ? last : { fields: { v } }));
}

describe('the intake of messages for an InfluxDB', () => {
  let taken: (readonly string[])[];
  let pauses: number;
  let leftOut: number[];
  let submit: (lines: readonly string[]) => Promise<void>;

  beforeEach(() => {
    taken = [];
    pauses = 0;
    leftOut = [];
    submit = (lines) => {
      taken.push(lines);
      return Promise.resolve();
    };
  });

  const create = (): MessageIntake =>
    new MessageIntake({
      mapper: new LineMapper(),
      submit: (lines) => submit(lines),
      pause: () => {
        pauses++;
        return new Promise((resolve) => setImmediate(resolve));
      },
      onLeftOut: (count) => leftOut.push(count),
    });
  const values = (): number[] => taken.flat().map((line) => Number(/ v=(\S+) /.exec(line)?.[1]));

  it('takes a small message at once, within the same turn', () => {
    void create().take(points(1000), DEFAULTS);
    assert.deepEqual([taken.length, pauses], [1, 0]);
    assert.equal(taken[0]?.length, 1000);
  });

  it('takes a large one in slices with a pause after each, and messages that come meanwhile after it', async () => {
    const intake = create();
    const large = intake.take(points(3500), DEFAULTS);
    const small = intake.take({ fields: { v: 9999 } }, DEFAULTS);
    const second = intake.take(points(1001), DEFAULTS);
    assert.deepEqual(taken, []);
    await Promise.all([large, small, second]);
    await intake.idle();
    assert.ok(taken.every(({ length }) => length <= 1000));
    assert.deepEqual(values(), [
      ...Array.from({ length: 3500 }, (_one, v) => v),
      9999,
      ...Array.from({ length: 1001 }, (_one, v) => v),
    ]);
    // Each slice twice: when it is mapped, and when it is handed on.
    assert.equal(pauses, 4 * 2 + 1 * 2 + 2 * 2);
    void intake.take(points(1), DEFAULTS);
    assert.deepEqual(values().at(-1), 0, 'at once again');
  });

  it('refuses a large message whole for its last point, by its path, and takes the next', async () => {
    const intake = create();
    const refused = intake.take(points(2500, { fields: { v: {} } }), DEFAULTS);
    const next = intake.take({ fields: { v: 7 } }, DEFAULTS);
    await assert.rejects(refused, /^Pm500Error: payload\[2499\]\.fields\.v is an object/);
    await next;
    assert.deepEqual(values(), [7]);
  });

  it('tells once how many values of a large message were left out', async () => {
    await create().take([...points(1500), { fields: { v: NaN, w: 1 } }, { fields: { v: Infinity, w: 1 } }], DEFAULTS);
    assert.deepEqual(leftOut, [2]);
  });

  it('says how many points a failure was about, where the others were taken', async () => {
    let calls = 0;
    submit = (lines) => {
      calls++;
      if (calls === 2) return Promise.reject(new Pm500Error('OUTBOX_WRITE_FAILED', 'The disk is full: free it.'));
      taken.push(lines);
      return Promise.resolve();
    };
    await assert.rejects(create().take(points(2500), DEFAULTS), {
      code: 'OUTBOX_WRITE_FAILED',
      message:
        'The disk is full: free it; this was about parts with 1000 of the 2500 points of the message, the others were taken.',
    });
    assert.equal(values().length, 1500);
  });

  it('pairs, single objects and telemetry are as they were', async () => {
    const intake = create();
    await intake.take([{ v: 1 }, { site: 'a' }], DEFAULTS);
    await intake.take({ v: 2 }, DEFAULTS);
    await assert.rejects(intake.take([], DEFAULTS), /payload is an array, expected at least one point/);
    assert.deepEqual(values(), [1, 2]);
  });
});
