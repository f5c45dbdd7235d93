import assert from 'node:assert/strict';
import type { CounterMessage } from '../../src/domain/counters/counter-message';
import type { NormalizeDiagnostics } from '../../src/domain/normalizer/diagnostics';
import { ClockedPlant, type Out } from '../../testkit/meters/clocked-plant';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 5, 8);
const KPIS = { kpis: ['demand', 'energy', 'load_factor', 'power_factor'], energyDeltas: true };
const EVERY_MS = 30_000;

const valueOf = (out: Out, name: string): unknown => out[name]?.value;
const sumOfDeltas = ({ outs }: ClockedPlant): number =>
  outs.reduce((sum, out) => sum + Number(out['energy_delta_active_import_total']?.value ?? 0), 0);

async function inTemporaryFolder(work: (userDir: string) => Promise<void>): Promise<void> {
  const userDir = temporaryFolder('clock');
  await work(userDir);
  removeFolder(userDir);
}

/** The pair of REALs of the counter has steps below 2 Wh. */
const METER_STEP_WH = 2;

/** Nothing is lost, nothing is counted twice: deltas and the totals of the year add up to the counter. */
function checkTotals(plant: ClockedPlant, out: Out): void {
  const deltas = sumOfDeltas(plant);
  const counted = plant.activeWh - plant.startWh;
  assert.ok(Math.abs(deltas - counted) <= METER_STEP_WH, `deltas are ${deltas} of ${counted} Wh`);
  assert.equal(valueOf(out, 'active_energy_import_year'), deltas, 'the year');
}

/** A constant load has one demand: whatever is good says it. */
function checkDemands({ demands }: ClockedPlant, kilowatts: number, minutes = 15): void {
  const tolerance = 0.001 * kilowatts + (METER_STEP_WH * 60) / minutes / 1000;
  for (const [demand, quality] of demands) {
    if (quality === 'good') assert.ok(Math.abs(demand - kilowatts) < tolerance, `${demand} kW is good`);
    else assert.ok(demand < kilowatts + tolerance, `${demand} kW is ${quality}`);
  }
  assert.ok(demands.filter(([, quality]) => quality === 'good').length > 2, 'most windows are good');
}

describe('a wall clock that is set, through pm500-poll and pm500-normalize', function () {
  this.timeout(60_000);

  const plantAt = (startMs: number, properties: object = {}, settings = {}): ClockedPlant =>
    new ClockedPlant({ ...KPIS, periods: ['day', 'month', 'year'], ...properties }, new FakeClock(startMs), settings);

  for (const [what, stepMs] of [
    ['back 60 min', -HOUR_MS],
    ['back 5 min', -5 * MINUTE_MS],
    ['ahead 60 min', HOUR_MS],
    ['ahead 7 min', 7 * MINUTE_MS],
    ['back over midnight', -9 * HOUR_MS],
    ['ahead over midnight', 17 * HOUR_MS],
    ['a day ahead', DAY_MS],
    ['a day back', -DAY_MS],
    ['a month ahead', 31 * DAY_MS],
  ] as const) {
    it(`${what}: 100 kW stay 100 kW, totals go on, and what it touches is marked`, async () => {
      const plant = plantAt(START);
      await plant.read();
      await plant.run(50 * MINUTE_MS, EVERY_MS);
      plant.clock.jump(stepMs);
      const out = await plant.run(2 * HOUR_MS, EVERY_MS);
      checkTotals(plant, out);
      checkDemands(plant, 100);
      const peak = out['peak_demand_day'];
      assert.ok(Number(peak?.value) < 100_100, `${String(peak?.value)} W`);
      assert.equal(peak?.quality, 'uncertain');
      assert.ok(
        Math.abs(Number(valueOf(out, 'load_factor_day')) - 100) < 1 || out['load_factor_day']?.quality === 'bad',
      );
      assert.equal(plant.normalize.node.warnings.length, 1);
      assert.match(String(plant.normalize.node.warnings[0]), /^The clock of the host .* was set (ahead|back) by .+\.$/);
      await plant.close();
    });
  }

  for (const [what, stepMs, forMs] of [
    ['ten years ahead for 3 s', 3650 * DAY_MS, 3000],
    ['to 1970 for 3 s', -START, 3000],
    ['a day ahead for 20 s', DAY_MS, 20_000],
    ['an hour ahead for 18 min', HOUR_MS, 18 * MINUTE_MS],
    ['a day ahead for 2 h', DAY_MS, 2 * HOUR_MS],
    ['an hour back for 2 h', -HOUR_MS, 2 * HOUR_MS],
  ] as const) {
    it(`${what}, then right again: as if nothing had happened`, async () => {
      const [set, steady] = [plantAt(START), plantAt(START)];
      for (const plant of [set, steady]) {
        await plant.read();
        await plant.run(20 * MINUTE_MS, EVERY_MS);
        if (plant === set) plant.clock.jump(stepMs);
        await plant.run(forMs, Math.min(EVERY_MS, forMs));
        if (plant === set) plant.clock.jump(-stepMs);
      }
      const [out, expected] = [await set.run(HOUR_MS, EVERY_MS), await steady.run(HOUR_MS, EVERY_MS)];
      checkTotals(set, out);
      checkDemands(set, 100);
      assert.deepEqual(out, expected);
      // What follows a time that cannot be is no step.
      assert.equal(set.normalize.node.warnings.length, stepMs === -START ? 1 : 2, 'there and back');
      for (const plant of [set, steady]) await plant.close();
    });
  }

  it('is counted in the diagnostics, and marks values until it is believed', async () => {
    const plant = plantAt(START, { diagnosticsSeconds: 60 });
    await plant.read();
    plant.clock.jump(HOUR_MS);
    await plant.pass(10_000);
    const doubtful = await plant.read();
    assert.equal(doubtful['active_energy_import_total']?.reason, 'clock_doubtful');
    assert.equal(doubtful['energy_delta_active_import_total']?.reason, 'clock_doubtful');
    const out = await plant.run(70_000, 10_000);
    assert.equal(out['active_energy_import_total']?.quality, 'good');
    assert.equal(out['energy_delta_active_import_total']?.quality, 'good');
    await plant.run(MINUTE_MS);
    const sent = plant.normalize.takeEvents().map(({ payload }) => payload as NormalizeDiagnostics);
    assert.equal(sent.at(-1)?.clockSteps, 1);
    await plant.close();
  });

  it('that was never set counts nothing; the first right time has all since the last state', async () => {
    await inTemporaryFolder(async (userDir) => {
      const plant = plantAt(START, {}, { userDir });
      await plant.read();
      await plant.run(10 * MINUTE_MS, EVERY_MS);
      // The gateway is switched off for two minutes and has no battery for its clock.
      const { clock } = plant;
      const downMs = 2 * MINUTE_MS;
      await plant.pass(downMs);
      clock.bootId = 'second boot';
      const right = clock.now();
      clock.jump(-right + 12_000);
      await plant.restart();
      const lost = await plant.run(40_000, 10_000);
      assert.equal(lost['active_energy_import_total']?.reason, 'clock_doubtful');
      assert.equal(lost['energy_delta_active_import_total']?.value, null);
      clock.jump(right - 12_000);
      const out = await plant.run(HOUR_MS, EVERY_MS);
      checkTotals(plant, out);
      checkDemands(plant, 100);
      await plant.close();
    });
  });

  it('of a host that slept is right: what was used meanwhile is a gap, and no step', async () => {
    const plant = plantAt(START);
    await plant.read();
    await plant.run(20 * MINUTE_MS, EVERY_MS);
    plant.suspend(3 * HOUR_MS);
    const out = await plant.run(HOUR_MS, EVERY_MS);
    checkTotals(plant, out);
    checkDemands(plant, 100);
    assert.deepEqual(plant.normalize.node.warnings, []);
    assert.equal(out['active_energy_import_day']?.reason, 'counter_gap');
    await plant.close();
  });

  it('may be corrected by less than two seconds again and again: no window is wrong', async () => {
    const plant = plantAt(START, { demandMinutes: 1 });
    await plant.read();
    for (let round = 0; round < 40; round++) {
      plant.clock.jump([1500, -1500, -900, 900, 40, -40][round % 6]!);
      await plant.run(40_000);
    }
    checkDemands(plant, 100, 1);
    checkTotals(plant, await plant.run(10_000));
    await plant.close();
  });
});

describe('a state that is ahead of the clock', function () {
  this.timeout(60_000);

  for (const [what, stepMs, bootId] of [
    ['ten years, in the same boot of the host', 3650 * DAY_MS, undefined],
    ['ten years, of an earlier boot', 3650 * DAY_MS, 'second boot'],
    ['a day, of an earlier boot', DAY_MS, 'second boot'],
    ['half an hour, of an earlier boot', HOUR_MS / 2, 'second boot'],
  ] as const) {
    it(`by ${what}, is recognized: deltas and totals go on at once`, async () => {
      await inTemporaryFolder(async (userDir) => {
        const properties = { ...KPIS, periods: ['day', 'month', 'year'] };
        const plant = new ClockedPlant(properties, new FakeClock(START + stepMs), { userDir });
        await plant.read();
        await plant.run(20 * MINUTE_MS, EVERY_MS);
        plant.clock.jump(-stepMs);
        if (bootId !== undefined) plant.clock.bootId = bootId;
        await plant.restart();
        await plant.pass(EVERY_MS);
        const first = await plant.read();
        assert.notEqual(first['energy_delta_active_import_total']?.value, null);
        assert.equal(first['energy_delta_active_import_total']?.quality, 'uncertain');
        const out = await plant.run(90 * MINUTE_MS, EVERY_MS);
        const missing = plant.activeWh - plant.startWh - sumOfDeltas(plant);
        assert.ok(Math.abs(missing) <= METER_STEP_WH, `${missing} Wh are missing`);
        checkDemands(plant, 100);
        assert.equal(plant.normalize.node.warnings.length, 1);
        assert.equal(out['active_energy_import_day']?.quality, 'uncertain');
        await plant.close();
      });
    });
  }
});

describe('a host that boots again', function () {
  this.timeout(60_000);
  const MIDNIGHT = Date.UTC(2026, 0, 5);
  const DELTA = 'energy_delta_active_import_total';
  const plantIn = (userDir: string, properties: object = {}): ClockedPlant =>
    new ClockedPlant({ ...KPIS, periods: ['day', 'year'], ...properties }, new FakeClock(MIDNIGHT), { userDir });

  for (const [what, offMs, staleMs] of [
    ['is off for 3 min, and its clock goes on from the shutdown', 3 * MINUTE_MS, 160_000],
    ['is off for 3 h, and its clock goes on from the shutdown', 3 * HOUR_MS, 3 * HOUR_MS - 20_000],
    ['is off over midnight, and its clock goes on from the shutdown', 26 * HOUR_MS, 26 * HOUR_MS - 20_000],
    ['is off for 10 min, and its clock is an hour behind', 10 * MINUTE_MS, HOUR_MS],
    ['is off for 10 min, and its clock is an hour ahead', 10 * MINUTE_MS, -HOUR_MS],
    ['is off for 3 h, and its clock is a day ahead', 3 * HOUR_MS, -DAY_MS],
  ] as const) {
    for (const untilSetMs of [20_000, 5 * MINUTE_MS]) {
      it(`${what}; set after ${untilSetMs / 1000} s: nothing is lost, no window is wrong, nobody is asked`, async () => {
        await inTemporaryFolder(async (userDir) => {
          const plant = plantIn(userDir);
          await plant.read();
          await plant.run(HOUR_MS + 7 * MINUTE_MS, EVERY_MS);
          await plant.normalize.close();
          await plant.pass(offMs);
          plant.clock.reboot('second boot', -staleMs);
          await plant.restart();
          const before = plant.outs.length;
          await plant.read();
          await plant.run(untilSetMs, 10_000);
          plant.clock.jump(staleMs);
          const out = await plant.run(2 * HOUR_MS, EVERY_MS);
          checkTotals(plant, out);
          checkDemands(plant, 100);
          const first = plant.outs.slice(before).find((each) => typeof each[DELTA]?.value === 'number');
          assert.equal(first?.[DELTA]?.quality, 'uncertain', 'the first delta');
          await plant.normalize.command({ counters: 'list' });
          assert.deepEqual((plant.normalize.takeEvents().at(-1)?.payload as CounterMessage).questions, []);
          assert.equal(out['active_energy_import_day']?.quality, 'uncertain', 'the day was touched');
          await plant.close();
        });
      });
    }
  }

  it('and whose clock is right has a marked delta and one window less; the day stays good', async () => {
    await inTemporaryFolder(async (userDir) => {
      const plant = plantIn(userDir);
      await plant.read();
      await plant.run(HOUR_MS + 7 * MINUTE_MS, EVERY_MS);
      await plant.pass(MINUTE_MS);
      plant.clock.reboot('second boot');
      await plant.restart();
      const first = await plant.read();
      assert.equal(first[DELTA]?.quality, 'uncertain');
      assert.equal(first[DELTA].reason, 'clock_doubtful');
      const second = await plant.run(EVERY_MS, EVERY_MS);
      assert.equal(second[DELTA]?.quality, 'good');
      const out = await plant.run(HOUR_MS, EVERY_MS);
      checkTotals(plant, out);
      checkDemands(plant, 100);
      assert.equal(plant.demands.filter(([, quality]) => quality !== 'good').length, 1);
      assert.equal(out['active_energy_import_day']?.quality, 'good');
      assert.equal(out['coverage_day']?.value, 100);
      await plant.close();
    });
  });

  it('is told from a Node-RED that starts again, also where readings have no uptime', async () => {
    await inTemporaryFolder(async (userDir) => {
      const plant = plantIn(userDir);
      plant.isStamped = false;
      await plant.read();
      await plant.run(HOUR_MS, EVERY_MS);
      await plant.restart();
      await plant.pass(EVERY_MS);
      const again = await plant.read();
      assert.equal(again[DELTA]?.quality, 'good', 'the same boot');
      plant.clock.reboot('second boot');
      await plant.restart();
      await plant.pass(EVERY_MS);
      const booted = await plant.read();
      assert.equal(booted[DELTA]?.reason, 'clock_doubtful');
      checkTotals(plant, booted);
      await plant.close();
    });
  });

  it('and is a virtual machine that was halted for an hour: what flowed meanwhile counts, in no window', async () => {
    const plant = new ClockedPlant({ ...KPIS, periods: ['day', 'year'] }, new FakeClock(MIDNIGHT));
    await plant.read();
    await plant.run(HOUR_MS + 7 * MINUTE_MS, EVERY_MS);
    // No clock of it counts; only its wall clock is set when it goes on.
    plant.halt(HOUR_MS);
    const out = await plant.run(2 * HOUR_MS, EVERY_MS);
    checkTotals(plant, out);
    checkDemands(plant, 100);
    assert.equal(out['active_energy_import_day']?.quality, 'uncertain');
    await plant.close();
  });
});

describe('demand windows, through pm500-poll and pm500-normalize', function () {
  this.timeout(60_000);

  it('that nobody measured are never good: 5 minutes with a gap of 14 min 40 s', async () => {
    const plant = new ClockedPlant({ ...KPIS, demandMinutes: 5 }, new FakeClock(START));
    plant.powerW = 0;
    await plant.read();
    await plant.run(10 * MINUTE_MS - 20_000);
    // The load begins in the middle of a time in which nothing was read.
    await plant.pass(7 * MINUTE_MS);
    plant.powerW = 1_000_000;
    await plant.pass(7 * MINUTE_MS + 40_000);
    await plant.read();
    await plant.run(10 * MINUTE_MS);
    const good = plant.demands.filter(([, quality]) => quality === 'good').map(([demand]) => demand);
    for (const demand of good) assert.ok(demand < 1 || Math.abs(demand - 1000) < 1, `${demand} kW`);
    assert.equal(good.length, 2, 'one before and one after');
    const rest = plant.demands.filter(([, quality]) => quality !== 'good');
    assert.ok(rest.length >= 1 && rest.every(([, quality]) => quality === 'uncertain'));
    await plant.close();
  });

  for (const [timeZone, demandMinutes, start] of [
    ['Asia/Kolkata', 60, '2026-01-05T08:00+05:30'],
    ['Australia/Adelaide', 60, '2026-01-05T08:00+10:30'],
    ['Australia/Adelaide', 60, '2026-07-06T08:00+09:30'],
    ['Asia/Kathmandu', 30, '2026-01-05T08:00+05:45'],
    ['Asia/Kathmandu', 60, '2026-01-05T08:00+05:45'],
    ['Pacific/Chatham', 30, '2026-07-06T08:00+12:45'],
    ['America/St_Johns', 60, '2026-01-05T08:00-03:30'],
    ['UTC', 60, '2026-01-05T08:00Z'],
  ] as const) {
    it(`of ${demandMinutes} minutes begin when the clocks of ${timeZone} say so: ${start.slice(0, 10)}`, async () => {
      const lengthMs = demandMinutes * MINUTE_MS;
      const plant = new ClockedPlant({ ...KPIS, demandMinutes, timeZone }, new FakeClock(Date.parse(start)));
      await plant.read();
      // One window of load between windows without any: cut in two, each half would show half of it.
      plant.powerW = 0;
      await plant.run(lengthMs, EVERY_MS);
      plant.powerW = 600_000;
      await plant.run(lengthMs, EVERY_MS);
      plant.powerW = 0;
      const out = await plant.run(lengthMs, EVERY_MS);
      assert.deepEqual(
        plant.demands.map(([demand, quality]) => [Math.round(demand), quality]),
        [
          [0, 'good'],
          [600, 'good'],
          [0, 'good'],
        ],
      );
      assert.equal(valueOf(out, 'peak_demand_time_day'), Date.parse(start) + 2 * lengthMs);
      assert.ok(plant.outs.some((each) => Math.abs(Number(each['interval_power_factor']?.value) - 0.894) < 0.001));
      await plant.close();
    });
  }

  for (const [timeZone, what, start, shorter] of [
    ['Europe/Berlin', 'an hour ahead', '2026-03-29T00:00+01:00', 0],
    ['Europe/Berlin', 'an hour back', '2026-10-25T00:00+02:00', 0],
    ['Australia/Lord_Howe', 'half an hour ahead', '2026-10-04T00:00+10:30', 1],
    ['Australia/Lord_Howe', 'half an hour back', '2026-04-05T00:00+11:00', 1],
  ] as const) {
    it(`of an hour stay right in the night of ${timeZone} in which clocks go ${what}`, async () => {
      const plant = new ClockedPlant({ ...KPIS, demandMinutes: 60, timeZone }, new FakeClock(Date.parse(start)));
      await plant.read();
      await plant.run(6 * HOUR_MS, 2 * EVERY_MS);
      checkDemands(plant, 100, 60);
      const rest = plant.demands.filter(([, quality]) => quality !== 'good');
      assert.deepEqual(
        rest.map(([demand, , reason]) => [Math.round(demand), reason]),
        Array.from({ length: shorter }, () => [50, 'period_incomplete']),
      );
      assert.deepEqual(plant.normalize.node.warnings, []);
      await plant.close();
    });
  }

  for (const demandWindow of ['fixed', 'sliding']) {
    it(`leave no peak good that another one may have passed, which nobody could measure: ${demandWindow}`, async () => {
      for (const [what, isReboot] of [
        ['nothing was read for 10 minutes', false],
        ['the host was off for 10 minutes', true],
      ] as const) {
        await inTemporaryFolder(async (userDir) => {
          const properties = { ...KPIS, demandWindow, periods: ['day'], maxPowerKw: 2000 };
          const plant = new ClockedPlant(properties, new FakeClock(Date.UTC(2026, 0, 5)), { userDir });
          await plant.read();
          plant.powerW = 350_000;
          await plant.run(30 * MINUTE_MS, EVERY_MS);
          plant.powerW = 1000;
          const before = await plant.run(25 * MINUTE_MS, EVERY_MS);
          assert.deepEqual([before['peak_demand_day']?.value, before['peak_demand_day']?.quality], [350_000, 'good']);
          // All of it may have been in one window, with a demand of 467 kW.
          plant.powerW = 700_000;
          await plant.pass(10 * MINUTE_MS);
          if (isReboot) {
            plant.clock.reboot('second-boot');
            await plant.restart();
          }
          await plant.read();
          plant.powerW = 1000;
          for (const next of [false, true]) {
            if (next) await plant.restart();
            const after = await plant.run(20 * MINUTE_MS, EVERY_MS);
            assert.equal(after['active_energy_import_day']?.quality, 'good', 'the day has it all');
            for (const name of ['peak_demand_day', 'peak_demand_time_day', 'load_factor_day']) {
              assert.deepEqual([after[name]?.quality, after[name]?.reason], ['uncertain', 'counter_gap'], what);
            }
          }
          await plant.close();
        });
      }
    });
  }

  it('keep a peak good that no window with a gap can have passed', async () => {
    const plant = new ClockedPlant({ ...KPIS, periods: ['day'] }, new FakeClock(Date.UTC(2026, 0, 5)));
    await plant.read();
    plant.powerW = 350_000;
    await plant.run(30 * MINUTE_MS, EVERY_MS);
    plant.powerW = 100_000;
    await plant.run(25 * MINUTE_MS, EVERY_MS);
    await plant.pass(10 * MINUTE_MS);
    const out = await plant.run(30 * MINUTE_MS, EVERY_MS);
    assert.ok(plant.demands.some(([, quality]) => quality === 'uncertain'));
    assert.deepEqual([out['peak_demand_day']?.value, out['peak_demand_day']?.quality], [350_000, 'good']);
    await plant.close();
  });

  for (const demandWindow of ['fixed', 'sliding']) {
    it(`keep a peak good over a short restart of the host: ${demandWindow}`, async () => {
      await inTemporaryFolder(async (userDir) => {
        const properties = { ...KPIS, demandWindow, periods: ['day'] };
        const plant = new ClockedPlant(properties, new FakeClock(Date.UTC(2026, 0, 5)), { userDir });
        await plant.read();
        await plant.run(40 * MINUTE_MS, EVERY_MS);
        // Far below the peak: what was used in a time that nobody knows does not reach it.
        plant.powerW /= 2;
        await plant.run(20 * MINUTE_MS, EVERY_MS);
        await plant.pass(MINUTE_MS);
        plant.clock.reboot('second-boot');
        await plant.restart();
        await plant.read();
        const out = await plant.run(30 * MINUTE_MS, EVERY_MS);
        for (const name of ['peak_demand_day', 'load_factor_day']) assert.equal(out[name]?.quality, 'good', name);
        await plant.close();
      });
    });
  }

  it('that slide know how long a gap was that a midnight divides', async () => {
    const midnight = Date.UTC(2026, 0, 6);
    const plant = new ClockedPlant({ ...KPIS, demandWindow: 'sliding' }, new FakeClock(midnight - 40 * MINUTE_MS));
    plant.powerW = 0;
    await plant.read();
    await plant.run(37 * MINUTE_MS, EVERY_MS);
    await plant.pass(3 * MINUTE_MS);
    plant.powerW = 1_000_000;
    await plant.pass(3 * MINUTE_MS);
    await plant.read();
    plant.powerW = 0;
    await plant.run(15 * MINUTE_MS, EVERY_MS);
    // From the one that begins with the gap to the one that begins with its end, each cuts it, also at midnight itself.
    const good = plant.demands.filter(([, quality]) => quality === 'good').map(([demand]) => demand);
    for (const demand of good) assert.ok(demand === 0 || Math.abs(demand - 200) < 0.1, `${demand} kW is good`);
    assert.ok(plant.demands.some(([demand, quality]) => Math.abs(demand - 100) < 0.1 && quality === 'uncertain'));
    await plant.close();
  });

  it('and price levels: what was used in a gap over an edge of the tariff is no better than a guess', async () => {
    const tariff = {
      timeZone: 'Asia/Kolkata',
      periods: [{ name: 'day', pricePerKwh: 1 }, { name: 'night' }],
      otherwise: 'night',
      rules: [{ period: 'day', from: '08:30', to: '20:00' }],
    };
    const properties = { ...KPIS, kpis: ['tariff_energy', 'cost', 'energy'], tariff: JSON.stringify(tariff) };
    const start = Date.parse('2026-01-05T00:00+05:30');
    for (const [gapMs, quality] of [
      [MINUTE_MS, 'good'],
      [10 * MINUTE_MS, 'uncertain'],
    ] as const) {
      const plant = new ClockedPlant(properties, new FakeClock(start));
      await plant.read();
      await plant.run(8 * HOUR_MS + 29 * MINUTE_MS, MINUTE_MS);
      await plant.pass(gapMs);
      const out = await plant.run(2 * MINUTE_MS);
      assert.equal(out['tariff_energy_day_day']?.quality, quality);
      assert.equal(out['cost_day']?.quality, quality);
      assert.equal(out['active_energy_import_day']?.quality, 'good', 'the day has it all');
      const parts = ['day', 'night'].map((name) => Number(valueOf(out, `tariff_energy_${name}_day`)));
      assert.equal(parts[0]! + parts[1]!, valueOf(out, 'active_energy_import_day'));
      await plant.close();
    }
  });
});
