import assert from 'node:assert/strict';
import { checkLayout } from '../../../src/domain/layout-check/layout-check';
import { rateVoltages } from '../../../src/domain/layout-check/rating';
import { ASSUMED_ENERGY } from '../../../src/meters/pm500/energy-candidates';
import { countersAt, energyReadings } from '../../../testkit/meters/energy-meters';
import { PM500 } from '../../../src/meters/pm500';

describe('voltages beside the catalog number', () => {
  it('are direct up to a fifth above the nominal voltage, and need a transformer beyond', () => {
    const rate = (catalogNumber: string, volts: number): boolean | undefined =>
      rateVoltages(PM500, catalogNumber, [{ voltage_ln_avg: volts, voltage_ll_avg: Math.sqrt(3) * volts }])?.isDirect;
    assert.deepEqual([rate('1420-V1-ENT', 121), rate('1420-V1A-ENT', 230)], [true, false]);
    assert.deepEqual(
      [rate('1420-V2P-ENT', 230), rate('1420-V2-ENT', 400), rate('1420-V2-ENT', 3_464)],
      [true, true, false],
    );
  });

  it('say which ratio would explain them', () => {
    const { evidence } = rateVoltages(PM500, '1420-V1-ENT', [{ voltage_ln_avg: 3_600 }]) ?? {};
    assert.match(evidence?.text ?? '', /3600 V; a 1420-V1-ENT measures up to 120 V directly\. .* at least 25;/);
  });

  it('say nothing without a catalog number or without voltages, and the line-to-line voltage where there is no neutral', () => {
    assert.equal(rateVoltages(PM500, undefined, [{ voltage_ln_avg: 230 }]), undefined);
    assert.equal(rateVoltages(PM500, '1420-V2-ENT', [{ voltage_ln_avg: 0, current_l1: 5 }]), undefined);
    assert.match(
      rateVoltages(PM500, '1420-V2-ENT', [{ voltage_ln_avg: 0, voltage_ll_avg: 690 }])?.evidence.text ?? '',
      /up to 690 V/,
    );
  });

  it('never contradict a layout', () => {
    const load = { activeW: 1e5, reactiveVar: 1e4, seconds: 100, intervalMs: 10_000 };
    const readings = energyReadings(ASSUMED_ENERGY, countersAt(20e6), load).map((reading) => ({
      ...reading,
      meter: { ...reading.meter, catalogNumber: '1420-V1-ENT' },
    }));
    const { rating, verdict } = checkLayout(PM500, readings);
    assert.equal(rating?.isDirect, false);
    assert.equal(verdict, 'undecided');
  });
});
