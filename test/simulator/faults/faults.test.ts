import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { FAULTS, FAULT_ROWS, type FaultName } from '../../../src/simulator/faults/fault-table';
import { MeterFaults } from '../../../src/simulator/faults/faults';
import { parseFault } from '../../../src/simulator/faults/parse-fault';
import { seededRandom } from '../../../src/support/random';
import { FakeClock } from '../../../testkit/fake-clock';
import { pickOne } from '../../../testkit/pick-one';

interface Effect {
  readonly what: 'begin' | 'end';
  readonly name: FaultName;
}

describe('the table of faults', () => {
  for (const row of FAULT_ROWS.values()) {
    it(`${row.name} reads well, and its defaults are in range`, () => {
      assert.match(row.name, /^[a-z]+(-[a-z]+)*$/);
      assert.match(row.label, /^[A-Z]/);
      assert.match(row.does, /^[a-z].*\.$/);
      assert.ok(row.reaches.length > 0);
      const given = Object.fromEntries(row.parameters.map((parameter) => [parameter.name, parameter.default]));
      assert.deepEqual(parseFault(row.name, given).parameters, given);
      assert.deepEqual(parseFault(row.name).parameters, given);
    });

    for (const parameter of row.parameters) {
      it(`${row.name} refuses a wrong ${parameter.name} in one sentence`, () => {
        for (const wrong of [parameter.kind === 'number' ? parameter.max + 1 : 'x', null, {}, Number.NaN, '']) {
          assert.throws(() => parseFault(row.name, { [parameter.name]: wrong }), {
            code: 'MESSAGE_INVALID',
            message: new RegExp(`^${row.name}: ${parameter.name} is [^\\n]+, expected [^\\n]+; ask for help`),
          });
        }
      });
    }
  }

  it('is what the document of the simulated meter says', () => {
    const text = readFileSync('docs/simulator.md', 'utf8').replaceAll(/\s+/g, ' ');
    for (const { name, does, parameters } of FAULTS) {
      assert.ok(text.includes(`| \`${name}\` |`) && text.includes(`The meter ${does}`), name);
      for (const parameter of parameters) assert.ok(text.includes(`\`${parameter.name}\``), parameter.name);
    }
  });

  it('has every name once', () => {
    assert.equal(FAULT_ROWS.size, FAULTS.length);
  });
});

describe('orders for faults', () => {
  it('may be spelled as text, and say how long', () => {
    assert.deepEqual(parseFault('delay', { delayMs: '20', durationMs: '1500' }).parameters, { delayMs: 20 });
    assert.equal(parseFault('delay', { durationMs: '1500' }).durationMs, 1500);
    assert.equal(parseFault('delay').durationMs, undefined);
    assert.equal(parseFault('reboot').durationMs, 5000);
  });

  it('are refused in one sentence that says what is possible', () => {
    for (const [name, given, sentence] of [
      ['flood', {}, /^fault is "flood", expected one of silence, delay, /],
      [7, {}, /^fault is 7, expected one of/],
      ['silence', { speed: 1 }, /^silence: speed is 1, expected only durationMs;/],
      ['reset', { x: 1 }, /^reset: x is 1, expected no parameters;/],
      ['reset', { durationMs: 5 }, /^reset: durationMs is 5, expected no duration, since it is over at once;/],
      ['silence', { durationMs: 0 }, /^silence: durationMs is 0, expected a number from 1 to 86400000 ms;/],
      ['silence', [], /^silence is an array, expected an object of parameters;/],
    ] as const) {
      assert.throws(() => parseFault(name, given), { code: 'MESSAGE_INVALID', message: sentence });
    }
  });

  it('never end in anything but an order or a coded error, whatever they hold', () => {
    const random = seededRandom(11);
    const values = [0, -1, 1e99, Number.NaN, '', ' ', '12', 'nan', true, null, undefined, [], {}, () => 1];
    const keys = [
      'durationMs',
      '__proto__',
      'constructor',
      ...FAULTS.flatMap((row) => row.parameters.map((p) => p.name)),
    ];
    for (let round = 0; round < 3000; round++) {
      const given = Object.fromEntries(
        Array.from({ length: 3 }, () => [pickOne(random, keys), pickOne(random, values)]),
      );
      try {
        const order = parseFault(pickOne(random, [...FAULT_ROWS.keys(), 'toString', '']), given);
        for (const value of Object.values(order.parameters)) assert.ok(['number', 'string'].includes(typeof value));
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'MESSAGE_INVALID');
      }
    }
  });
});

describe('the faults of a meter', () => {
  let clock: FakeClock;
  let faults: MeterFaults;
  let effects: Effect[];
  beforeEach(() => {
    clock = new FakeClock();
    faults = new MeterFaults(clock);
    effects = [];
    faults.attach({
      begin: (name) => effects.push({ what: 'begin', name }),
      end: (name) => effects.push({ what: 'end', name }),
    });
  });

  it('begin, are there with their parameters, and end when they are stopped', () => {
    faults.start('delay', { delayMs: 30 });
    assert.deepEqual(faults.active, [{ name: 'delay', parameters: { delayMs: 30 }, since: clock.now() }]);
    assert.deepEqual([faults.has('delay'), faults.number('delay', 'delayMs')], [true, 30]);
    assert.equal(faults.stop('delay'), true);
    assert.equal(faults.stop('delay'), false);
    assert.deepEqual([faults.has('delay'), faults.number('delay', 'delayMs'), faults.active], [false, 0, []]);
    assert.deepEqual(effects.map(({ what }) => what).join(' '), 'begin end');
  });

  it('end by themselves when their time is up', async () => {
    faults.start('silence', { durationMs: 400 });
    assert.equal(faults.active[0]?.until, clock.now() + 400);
    await clock.advance(399);
    assert.equal(faults.has('silence'), true);
    await clock.advance(1);
    assert.deepEqual([faults.has('silence'), clock.pending], [false, 0]);
  });

  it('begin anew with new parameters, and leave no timer behind', async () => {
    faults.start('delay', { delayMs: 30, durationMs: 100 });
    faults.start('delay', { delayMs: 40 });
    await clock.advance(1000);
    assert.equal(faults.number('delay', 'delayMs'), 40);
    assert.deepEqual(effects.map(({ what }) => what).join(' '), 'begin end begin');
    assert.equal(clock.pending, 0);
    assert.deepEqual(faults.started, { delay: 2 });
  });

  it('that happen once are not kept', () => {
    faults.start('counter-reset');
    assert.deepEqual([faults.active, faults.started], [[], { 'counter-reset': 1 }]);
  });

  it('are told to listeners until they go', () => {
    let told = 0;
    const stop = faults.onChange(() => told++);
    faults.start('silence');
    faults.stopAll();
    faults.stopAll();
    stop();
    faults.start('silence');
    assert.equal(told, 2);
  });

  it('are not there when they cannot be had', () => {
    faults.attach({
      begin: () => {
        throw new Error('no');
      },
      end: () => undefined,
    });
    assert.throws(() => {
      faults.start('silence');
    });
    assert.deepEqual([faults.active, faults.started], [[], {}]);
  });
});
