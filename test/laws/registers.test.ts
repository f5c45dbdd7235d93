import assert from 'node:assert/strict';
import { CATALOG } from '../../src/metrics/catalog';
import { SOURCES } from '../../src/meters/pm500/sources';
import { ENERGY_REGISTERS, REALTIME_REGISTERS, REGISTERS } from '../../src/meters/pm500/registers';

const WORDS: Readonly<Record<string, number>> = {
  UINT: 1,
  REAL: 2,
  ULINT: 4,
  HOURS_MINUTES: 4,
  REVISION: 1,
  LETTERS: 7,
  FLAGS: 1,
  BLOCK: 16,
};

describe('laws of the Modbus registers', () => {
  it('stand in order, in the 3xxxxx range, without overlap', () => {
    let end = 300_001;
    for (const { register, words, label } of REGISTERS) {
      assert.ok(register >= end, `${label} at ${register} begins before ${end}`);
      end = register + words;
    }
    assert.ok(end <= 400_000);
  });

  it('have the words of their encoding and a source', () => {
    for (const { register, words, encoding, source } of REGISTERS) {
      assert.equal(words, WORDS[encoding], String(register));
      assert.ok(source.length > 10, String(register));
    }
  });

  it('name metrics of the catalog, each once', () => {
    const names = REGISTERS.flatMap(({ metric }) => (metric === undefined ? [] : [metric]));
    const known = new Set(CATALOG.map(({ name }) => name));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
  });

  it('has the nine verified 64-bit counters, and real-time values that nobody read in the manual', () => {
    assert.equal(ENERGY_REGISTERS.length, 9);
    assert.ok(ENERGY_REGISTERS.every(({ provenance, words }) => provenance === 'verified' && words === 4));
    for (const { register, source, provenance } of REALTIME_REGISTERS) {
      const highest = source === SOURCES.sisterOrder ? ['inferred'] : ['inferred', 'assumed'];
      assert.ok(
        highest.includes(provenance),
        `${register} is ${provenance}: the manual has no address of a real-time value`,
      );
    }
  });

  it('has the addresses of 1420-UM001E Table 25', () => {
    assert.deepEqual(
      ENERGY_REGISTERS.map(({ register, metric }) => [register, metric]),
      [
        [301_281, 'active_energy_import_total'],
        [301_285, 'reactive_energy_import_total'],
        [301_289, 'active_energy_export_total'],
        [301_293, 'reactive_energy_export_total'],
        [301_297, 'active_energy_import_partial'],
        [301_301, 'reactive_energy_import_partial'],
        [301_305, 'active_energy_export_partial'],
        [301_309, 'reactive_energy_export_partial'],
        [301_313, 'run_hours'],
      ],
    );
  });
});
