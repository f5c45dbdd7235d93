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

  it('takes few points that are large in slices too', async () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`field_${at}`, at]));
    await create().take(
      Array.from({ length: 300 }, (_, timestamp) => ({ fields, timestamp })),
      DEFAULTS,
    );
    assert.equal(taken.flat().length, 300);
    for (const lines of taken) assert.ok(lines.join('').length < 600_000);
    assert.equal(pauses, 2 * taken.length);
  });

  it('refuses one point of a million fields before it is made, and an array with holes', async () => {
    const fields: Record<string, number> = {};
    for (let at = 0; at <= 10_000; at += 1) fields[`f${at}`] = at;
    const intake = create();
    for (const payload of [fields, [{ f: 1 }, fields], [{ fields }], [{ fields: { f: 1 }, tags: fields }]]) {
      await assert.rejects(
        intake.take(payload, DEFAULTS),
        /^Pm500Error: payload.* is an object, expected at most 10000 names in one point/,
      );
    }
    const holes = [{ fields: { v: 1 } }];
    holes[1_000_000] = { fields: { v: 1 } };
    await assert.rejects(intake.take(holes, DEFAULTS), /^Pm500Error: payload\[1\] is missing, expected an object/);
    assert.deepEqual(taken, []);
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
