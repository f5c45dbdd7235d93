import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLayout } from '../../src/acquisition/layout-file';
import { candidateInUse } from '../../src/domain/layout-check/energy-layout';
import { WORKING_LAYOUT } from '../../src/meters/pm500/assemblies';
import { ENERGY_CANDIDATES } from '../../src/meters/pm500/energy-candidates';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { PM500 } from '../../src/meters/pm500';

describe('the layout of the energy counters as a setting', () => {
  const written: string[] = [];
  const fileOf = (provenance: 'assumed' | 'verified'): string => {
    const folder = temporaryFolder('energy-layout');
    written.push(folder);
    const assemblies = WORKING_LAYOUT.assemblies.map((assembly) => ({
      ...assembly,
      measurements: assembly.measurements.map((row) => ({ ...row, provenance })),
    }));
    writeFileSync(join(folder, 'layout.json'), JSON.stringify({ ...WORKING_LAYOUT, name: 'site', assemblies }));
    return join(folder, 'layout.json');
  };
  after(() => {
    written.forEach(removeFolder);
  });

  it('replaces assembly 107 of the built-in layout and of a file, names it, and leaves the rest', () => {
    const file = fileOf('assumed');
    for (const { name } of ENERGY_CANDIDATES) {
      for (const path of ['', file]) {
        const layout = loadLayout(PM500, path, name);
        assert.equal(candidateInUse(PM500, layout), name);
        assert.ok(layout.name.endsWith(`, energy counters: ${name}`));
        assert.deepEqual(layout.blocks.get(101)?.rows, loadLayout(PM500, path).blocks.get(101)?.rows);
        assert.equal(layout.blocks.size, 9);
      }
    }
  });

  it('refuses a name that does not exist, and a file that has read in the manual what 107 holds', () => {
    assert.throws(
      () => loadLayout(PM500, '', 'pairs'),
      /Layout of the energy counters is "pairs"; choose one of pairs-gwh-kwh/,
    );
    assert.throws(
      () => loadLayout(PM500, fileOf('verified'), 'singles-wh'),
      /has read in the manual what assembly 107 holds/,
    );
  });
});
