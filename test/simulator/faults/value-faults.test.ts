import assert from 'node:assert/strict';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { decodeRegisters } from '../../../src/domain/codec/register-decode';
import { registerPlans } from '../../../src/domain/codec/register-plan';
import { CATALOG } from '../../../src/metrics/catalog';
import type { RunningMeter, Simulator } from '../../../src/simulator/simulator';
import type { LoadProfile } from '../../../src/simulator/model/load-profile';
import { RegisterImage } from '../../../src/simulator/modbus/register-image';
import { SimulatedMeter } from '../../../src/simulator/model/simulated-meter';
import { MeterFaults } from '../../../src/simulator/faults/faults';
import { valueEffects } from '../../../src/simulator/faults/value-effects';
import { findCatalogNumber } from '../../../src/simulator/model/supply';
import { FakeClock } from '../../../testkit/fake-clock';
import { close, LOADS, mixedProfile, numberIn, PHASES } from '../../../testkit/simulator/models';
import { startOneMeter } from '../../../testkit/simulator/one-meter';
import { PM500 } from '../../../src/meters/pm500';

interface Bench {
  readonly clock: FakeClock;
  readonly meter: SimulatedMeter;
  readonly faults: MeterFaults;
  readonly start: (name: string, given?: object) => void;
  readonly value: (name: string) => number;
}

/** A meter without sockets, whose value faults work. */
function benchOf(load: LoadProfile, speed = 900): Bench {
  const clock = new FakeClock();
  const catalogEntry = findCatalogNumber(PM500, '1420-V2-ENT');
  const meter = new SimulatedMeter(PM500, { catalogEntry, serialNumber: 940_000_001, seed: 9, load }, clock, speed);
  const faults = new MeterFaults(clock);
  const effects = valueEffects(meter);
  faults.attach({
    begin: (name, parameters) => effects[name]?.begin(parameters),
    end: (name) => effects[name]?.end?.(),
  });
  return {
    clock,
    meter,
    faults,
    start: (name, given = {}) => {
      faults.start(name, given);
    },
    value: (name) => numberIn(meter.values(), name),
  };
}

const constant = (): LoadProfile => LOADS[1]![1]();

describe('a lost phase', () => {
  for (const [what, load] of LOADS) {
    it(`takes its voltage, current and power away, and everything still fits, with ${what}`, async () => {
      const bench = benchOf(load());
      await bench.clock.advance(1000);
      bench.start('phase-loss', { phase: 2 });
      await bench.clock.advance(300);
      const { meter, value } = bench;
      assert.ok(value('voltage_l2_n') < 0.05 * value('voltage_l1_n'));
      assert.deepEqual([value('current_l2'), value('active_power_l2'), value('apparent_power_l2')], [0, 0, 0]);
      for (const quantity of ['active_power', 'reactive_power']) {
        const sum = PHASES.reduce((total, phase) => total + value(`${quantity}_${phase}`), 0);
        close(value(`${quantity}_total`), sum, 1e-9, quantity);
      }
      close(meter.activePowerW(), value('active_power_total'), 1e-9, 'the power that the status shows');
      assert.ok(
        value('voltage_l1_l2') < 0.65 * value('voltage_l3_l1'),
        'a line-to-line voltage to a lost phase is low',
      );
      bench.faults.stop('phase-loss');
      assert.ok(value('voltage_l2_n') > 0.9 * value('voltage_l1_n'));
    });
  }

  it('is missing from the energy counters: they stay the integral of the power', async () => {
    const bench = benchOf(constant(), 100);
    const energyBefore = bench.value('active_energy_import_total');
    let integralWh = 0;
    for (let step = 0; step < 300; step++) {
      if (step === 60) bench.start('phase-loss', { phase: 1 });
      if (step === 200) bench.faults.stop('phase-loss');
      integralWh += (bench.value('active_power_total') * 10) / 3600;
      await bench.clock.advance(100);
    }
    close(bench.value('active_energy_import_total') - energyBefore, integralWh, 1e-6, 'energy');
  });

  it('lowers the demand of its interval by what it did not carry', async () => {
    const bench = benchOf(constant(), 900);
    // From one quarter of an hour to the next: a third of the interval without phase 3.
    await bench.clock.advance(1000);
    bench.start('phase-loss', { phase: 3 });
    await bench.clock.advance(300);
    bench.faults.stop('phase-loss');
    await bench.clock.advance(700);
    const demand = bench.value('demand_active_power_l3');
    close(demand, 0.7 * bench.value('active_power_l3'), 0.02, 'demand of the phase');
    const sum = PHASES.reduce((total, phase) => total + bench.value(`demand_active_power_${phase}`), 0);
    close(bench.value('demand_active_power_total'), sum, 1e-9, 'demand of all');
  });

  it('never lets a counter fall, with a load in both directions and many outages', async function () {
    // More outages than are remembered one by one.
    this.timeout(60_000);
    const bench = benchOf(mixedProfile(), 3000);
    const names = CATALOG.filter(({ statistic }) => statistic === 'total').map(({ name }) => name);
    let before = bench.meter.values();
    for (let step = 0; step < 450; step++) {
      if (step % 2 === 0) bench.start('phase-loss', { phase: 1 + (step % 3) });
      else bench.faults.stopAll();
      await bench.clock.advance(100);
      const now = bench.meter.values();
      for (const name of names) {
        assert.ok(numberIn(now, name) >= numberIn(before, name) - 1e-3, `${name} fell in step ${step}`);
      }
      before = now;
    }
  });
});

describe('other faults of values', () => {
  it('wrong-rotation swaps two phases and leaves the magnitudes', () => {
    const bench = benchOf(constant(), 1);
    const [sequence, volts] = [bench.value('phase_sequence'), bench.value('voltage_l1_l2')];
    bench.start('wrong-rotation');
    assert.deepEqual([sequence, bench.value('phase_sequence')], [0, -1]);
    close(bench.value('voltage_l1_l2'), volts, 1e-9, 'line to line');
  });

  it('voltage changes one phase or all, with the same power, and is over when it ends', () => {
    const bench = benchOf(constant(), 1);
    const usual = (['l1', 'l2', 'l3'] as const).map((phase) => bench.value(`voltage_${phase}_n`));
    const [watts, amperes] = [bench.value('active_power_total'), bench.value('current_l2')];
    bench.start('voltage', { percent: 80, phase: 2 });
    const [l1, l2, l3] = usual as [number, number, number];
    const shares = (): number[] => usual.map((volts, index) => bench.value(`voltage_l${index + 1}_n`) / volts);
    assert.deepEqual(
      shares().map((share) => Number(share.toFixed(9))),
      [1, 0.8, 1],
    );
    close(bench.value('voltage_ln_avg'), (l1 + 0.8 * l2 + l3) / 3, 1e-9, 'average');
    close(bench.value('active_power_total'), watts, 1e-9, 'power');
    close(bench.value('current_l2'), amperes / 0.8, 1e-9, 'current');
    bench.faults.stop('voltage');
    bench.start('voltage', { percent: 110 });
    for (const share of shares()) close(share, 1.1, 1e-9, 'all phases');
    bench.faults.stop('voltage');
    assert.deepEqual(shares(), [1, 1, 1]);
  });

  it('frequency changes, and nothing else', () => {
    const bench = benchOf(constant(), 1);
    const [hertz, volts] = [bench.value('frequency'), bench.value('voltage_l1_n')];
    bench.start('frequency', { percent: 95 });
    close(bench.value('frequency'), 0.95 * hertz, 1e-9, 'frequency');
    assert.equal(bench.value('voltage_l1_n'), volts);
  });

  it('frozen values stand still over every protocol, and catch up', async () => {
    const bench = benchOf(constant());
    const registers = new RegisterImage(bench.meter);
    const shown = (): string =>
      [...[101, 107].map((instance) => bench.meter.read(instance)!), registers.read(0x0500, 4)!]
        .map((bytes) => Buffer.from(bytes).toString('hex'))
        .join();
    bench.start('frozen');
    const before = shown();
    await bench.clock.advance(1000);
    assert.equal(shown(), before);
    bench.faults.stop('frozen');
    assert.notEqual(shown(), before);
  });

  for (const [pattern, reason] of [
    ['7FFFFFFF', 'overload'],
    ['nan', 'not_a_number'],
    ['infinity', 'not_a_number'],
  ] as const) {
    it(`overload as ${pattern} reaches the reader as ${reason}, over assemblies and registers`, () => {
      const bench = benchOf(constant());
      bench.start('overload', { of: 'current', as: pattern });
      const block = decodeBlock(workingLayout(PM500).blocks.get(101)!, bench.meter.read(101)!);
      const currents = ['current_l1', 'current_l2', 'current_l3', 'current_n'];
      assert.deepEqual(block.problems, Object.fromEntries(currents.map((name) => [name, reason])));
      const span = registerPlans(PM500)
        .get('realtime')!
        .spans.find(({ provenance }) => 'current_l1' in provenance)!;
      const bytes = new RegisterImage(bench.meter).read(span.register - 300_001, span.words)!;
      const { problems } = decodeRegisters(span, bytes);
      for (const name of currents) if (name in span.provenance) assert.equal(problems?.[name], reason, name);
      assert.equal(bench.meter.values()['current_l1'], null);
      bench.faults.stop('overload');
      assert.equal(decodeBlock(workingLayout(PM500).blocks.get(101)!, bench.meter.read(101)!).problems, undefined);
    });
  }

  it('wrong-size makes assemblies longer or shorter', () => {
    const bench = benchOf(constant());
    bench.start('wrong-size', { bytes: -4 });
    assert.equal(bench.meter.read(101)?.length, 44);
    bench.start('wrong-size', { bytes: 6 });
    assert.equal(bench.meter.read(101)?.length, 54);
    assert.equal(bench.meter.sizeOf(101), 48);
    bench.faults.stopAll();
    assert.equal(bench.meter.read(101)?.length, 48);
  });

  it('clock-jump takes counters and demand along, forward and back', () => {
    const bench = benchOf(LOADS[3]![1]());
    const before = bench.meter.values();
    bench.start('clock-jump', { seconds: 7200 });
    const after = bench.meter.values();
    assert.ok(numberIn(after, 'active_energy_import_total') > numberIn(before, 'active_energy_import_total') + 1000);
    assert.notEqual(after['demand_active_power_total'], before['demand_active_power_total']);
    bench.start('clock-jump', { seconds: -7200 });
    for (const [name, value] of Object.entries(before)) {
      if (!name.startsWith('max_')) assert.equal(bench.meter.values()[name], value, name);
    }
  });

  it('counter-reset zeroes the partial counters, or all', async () => {
    const bench = benchOf(constant());
    const total = bench.value('active_energy_import_total');
    bench.start('counter-reset');
    assert.deepEqual(
      [bench.value('active_energy_import_partial'), bench.value('active_energy_import_total')],
      [0, total],
    );
    await bench.clock.advance(1000);
    // 900 s at 100 kW.
    close(bench.value('active_energy_import_partial'), 25_000, 1e-6, 'counts on');
    bench.start('counter-reset', { counters: 'all' });
    assert.deepEqual([bench.value('active_energy_import_total'), bench.value('run_hours')], [0, 0]);
  });

  it('counter-rollover stands short of 10 digits and begins anew', async () => {
    const bench = benchOf(constant());
    bench.start('counter-rollover', { headroom: 1000 });
    assert.equal(bench.value('active_energy_import_total'), 9_999_999_999_900 - 1000);
    await bench.clock.advance(1000);
    // 25 000 Wh flowed; the step from the largest value to zero is the last digit of the display, 100 Wh.
    close(bench.value('active_energy_import_total'), 23_900, 1e-6, 'after the rollover');
  });
});

describe('a meter that is replaced', () => {
  let simulator: Simulator;
  let meter: RunningMeter;
  beforeEach(async () => {
    simulator = await startOneMeter({ load: constant() }, { clock: new FakeClock() });
    meter = simulator.meters[0]!;
  });
  afterEach(() => simulator.close());

  it('has another serial number everywhere, and counters that begin', () => {
    meter.faults.start('meter-replaced');
    assert.equal(meter.serialNumber, 940_000_002);
    assert.equal(meter.values()['identification_letters'], 'SIM0940000002');
    assert.equal(meter.values()['active_energy_import_total'], 0);
    meter.faults.start('meter-replaced', { serialNumber: 949_000_000 });
    assert.equal(meter.serialNumber, 949_000_000);
    assert.throws(
      () => {
        meter.faults.start('meter-replaced', { serialNumber: 5 });
      },
      { message: /^Serial number is 5; give a whole number from 940000000 to 950000000\.$/ },
    );
  });

  it('cannot have a fault of Modbus without Modbus', () => {
    for (const name of ['busy-socket', 'modbus-exception']) {
      assert.throws(
        () => {
          meter.faults.start(name);
        },
        {
          code: 'MESSAGE_INVALID',
          message: new RegExp(`^This meter cannot have the fault "${name}": it has no Modbus`),
        },
      );
    }
    assert.deepEqual(meter.faults.active, []);
  });
});
