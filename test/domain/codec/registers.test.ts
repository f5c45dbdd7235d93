import assert from 'node:assert/strict';
import type { Value } from '../../../src/domain/messages/reading';
import { decodeRegisters } from '../../../src/domain/codec/register-decode';
import { encodeRegisters } from '../../../src/domain/codec/register-encode';
import { planSpans, registerPlans, type RegisterSpan } from '../../../src/domain/codec/register-plan';
import { REGISTERS } from '../../../src/meters/pm500/registers';
import { seededRandom } from '../../../src/support/random';
import { PM500 } from '../../../src/meters/pm500';

/** Registers as they travel: each with its high byte first. */
function bytesOf(...words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}

/** One row of a table as a span of its own. */
function only(register: number): RegisterSpan {
  return planSpans(
    PM500,
    REGISTERS.filter((row) => row.register === register),
  )[0]!;
}

describe('decodeRegisters', () => {
  it('takes a REAL ABCD as C D A B (1420-UM001D p.43)', () => {
    // 230.5 is 0x43668000: the low word 0x8000 comes first.
    assert.deepEqual(decodeRegisters(only(300_081), bytesOf(0x8000, 0x4366)), { values: { voltage_l1_n: 230.5 } });
    // 1.0 and -2.0, whose low word is zero; 0x00000001 would be read if the words were the other way round.
    assert.equal(decodeRegisters(only(300_105), bytesOf(0, 0x3f80)).values['active_power_l1'], 1);
    assert.equal(decodeRegisters(only(300_105), bytesOf(0, 0xc000)).values['active_power_l1'], -2);
  });

  it('takes a 64-bit counter with the least significant word first, in Wh', () => {
    const wh = (...words: number[]): Value | undefined =>
      decodeRegisters(only(301_281), bytesOf(...words)).values['active_energy_import_total'];
    assert.equal(wh(1, 0, 0, 0), 1);
    assert.equal(wh(0, 1, 0, 0), 65_536);
    assert.equal(wh(0, 0, 1, 0), 4_294_967_296);
    // 9 999 999 999 900 Wh, the rollover, is 0x9184E729F9C.
    assert.equal(wh(0x9f9c, 0x4e72, 0x0918, 0), 9_999_999_999_900);
    assert.equal(wh(0xffff, 0xffff, 0xffff, 0x001f), Number.MAX_SAFE_INTEGER);
  });

  it('gives no value where a counter is beyond what a number holds exactly', () => {
    for (const words of [
      [0, 0, 0, 0x20],
      [0xffff, 0xffff, 0xffff, 0x7fff],
      [0xffff, 0xffff, 0xffff, 0xffff],
    ]) {
      assert.deepEqual(decodeRegisters(only(301_281), bytesOf(...words)), {
        values: { active_energy_import_total: null },
        problems: { active_energy_import_total: 'out_of_range' },
      });
    }
  });

  it('takes hours and minutes from one number, and believes no 60th minute', () => {
    const hours = (count: number): Value | undefined =>
      decodeRegisters(only(301_313), bytesOf(count & 0xffff, count >>> 16, 0, 0)).values['run_hours'];
    assert.equal(hours(0), 0);
    assert.equal(hours(130), 1.5);
    assert.equal(hours(12_345_659), 123_456 + 59 / 60);
    assert.equal(hours(160), null);
    assert.equal(hours(199), null);
  });

  it('says why a REAL is no number', () => {
    const problem = (low: number, high: number): string | undefined =>
      decodeRegisters(only(300_097), bytesOf(low, high)).problems?.['current_l1'];
    assert.equal(problem(0xffff, 0x7fff), 'overload');
    assert.equal(problem(0, 0x7fc0), 'not_a_number');
    assert.equal(problem(0, 0x7f80), 'not_a_number');
    assert.equal(problem(0, 0xff80), 'not_a_number');
    assert.equal(problem(0x7fff, 0xffff), 'not_a_number');
  });

  it('takes alarms and outputs from their bits, and firmware and letters from their bytes', () => {
    const [status] = registerPlans(PM500).get('status')!.spans;
    assert.deepEqual(decodeRegisters(status!, bytesOf(0b1010, 0b01)).values, {
      alarm_1: false,
      alarm_2: true,
      alarm_3: false,
      alarm_4: true,
      output_1: true,
      output_2: false,
    });
    const [firmware, letters] = registerPlans(PM500).get('product')!.spans;
    assert.deepEqual(decodeRegisters(firmware!, bytesOf(0x4107, 0x4102, 0)).values, {
      firmware_base: 'A.7',
      firmware_communication: 'A.2',
      firmware_analog: '',
    });
    // The low byte of the seventh word is not described and must not show.
    const words = [0x4142, 0x4344, 0x4546, 0x4748, 0x494a, 0x4b4c, 0x4d5a];
    assert.equal(decodeRegisters(letters!, bytesOf(...words)).values['identification_letters'], 'ABCDEFGHIJKLM');
  });

  it('reads bytes that stand in the middle of a larger buffer', () => {
    const large = Uint8Array.of(9, 9, 9, ...bytesOf(0x8000, 0x4366), 9);
    assert.equal(decodeRegisters(only(300_081), large.subarray(3, 7)).values['voltage_l1_n'], 230.5);
  });
});

describe('encodeRegisters', () => {
  const energy = registerPlans(PM500).get('energy')!.spans[0]!;

  it('is the inverse of decodeRegisters: every whole Wh near every power of two up to the rollover', () => {
    for (let bit = 0; bit < 43; bit++) {
      for (const offset of [-1, 0, 1]) {
        const count = Math.min(2 ** bit + offset, 9_999_999_999_900);
        const values = Object.fromEntries(Object.keys(energy.provenance).map((name) => [name, count]));
        values['run_hours'] = 0;
        assert.deepEqual(decodeRegisters(energy, encodeRegisters(energy, values)).values, values);
      }
    }
  });

  it('is the inverse for every minute of a day and at the end of the hours counter', () => {
    for (let minute = 0; minute <= 1440; minute++) {
      for (const start of [0, 39_999, 99_999_975]) {
        const hours = start + Math.floor(minute / 60) + (minute % 60) / 60;
        const { values } = decodeRegisters(only(301_313), encodeRegisters(only(301_313), { run_hours: hours }));
        assert.equal(values['run_hours'], hours);
      }
    }
  });

  it('is the inverse for random values of all metrics', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 200; round++) {
      for (const { group, spans } of registerPlans(PM500).values()) {
        for (const span of spans) {
          const values: Record<string, Value> = {};
          for (const metric of Object.keys(span.provenance)) {
            if (group === 'realtime') values[metric] = Math.fround((random() - 0.5) * 10 ** (8 * random()));
            else if (metric === 'run_hours') values[metric] = Math.floor(random() * 1e8) + 0.5;
            else if (group === 'energy') values[metric] = Math.floor(random() * 9_999_999_999_900);
            else if (group === 'status') values[metric] = random() < 0.5;
            else if (metric === 'identification_letters') values[metric] = 'SIM0940000001';
            else values[metric] = `${random() < 0.5 ? 'A' : 'B'}.${Math.floor(random() * 256)}`;
          }
          assert.deepEqual(decodeRegisters(span, encodeRegisters(span, values)), { values });
        }
      }
    }
  });

  it('turns what is missing into no value, never into zero', () => {
    for (const group of ['realtime', 'energy']) {
      const [span] = registerPlans(PM500).get(group)!.spans;
      const { values } = decodeRegisters(span!, encodeRegisters(span!, {}));
      assert.ok(Object.values(values).every((value) => value === null));
    }
    const { values } = decodeRegisters(energy, encodeRegisters(energy, { active_energy_import_total: -1 }));
    assert.equal(values['active_energy_import_total'], null);
  });
});
