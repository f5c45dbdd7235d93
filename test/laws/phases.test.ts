import assert from 'node:assert/strict';
import { CATALOG } from '../../src/metrics/catalog';
import { splitPhase } from '../../src/metrics/phases';

describe('laws of phases', () => {
  it('no two metrics have the same base and phase', () => {
    const seen = new Set<string>();
    for (const { name } of CATALOG) {
      const { base, phase } = splitPhase(name);
      const key = `${base} ${phase ?? ''}`;
      assert.ok(!seen.has(key), key);
      seen.add(key);
    }
  });

  it('metrics of one base are the same quantity in the same unit and type', () => {
    const facts = new Map<string, string>();
    for (const { name, quantity, unit, kind, statistic, influxType } of CATALOG) {
      const { base } = splitPhase(name);
      const described = [quantity, unit, kind, statistic, influxType].join();
      assert.equal(facts.get(base) ?? described, described, base);
      facts.set(base, described);
    }
  });

  it('every metric of three phases has its phase taken out', () => {
    for (const { name } of CATALOG) {
      const { base, phase } = splitPhase(name);
      assert.doesNotMatch(base, /_l[123]/, name);
      if (phase !== undefined) assert.ok(/^(l[123](_l[123])?|n|avg|total)$/.test(phase), name);
    }
    assert.deepEqual(splitPhase('demand_voltage_l3_l1'), { base: 'demand_voltage_ll', phase: 'l3_l1' });
    assert.deepEqual(splitPhase('active_energy_import_total'), { base: 'active_energy_import_total' });
  });
});
