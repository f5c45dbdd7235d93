import assert from 'node:assert/strict';
import type { LayoutVerdict } from '../../src/domain/layout-check/verdict';
import { ENERGY_CANDIDATES } from '../../src/meter/energy-candidates';
import { constantProfile } from '../../src/simulator/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { runHere } from '../cli/run-command';

/** 10 MW: in four seconds 11 kWh flow. */
const LOAD = constantProfile(10_000_000);

describe('pm500 check on simulated meters that send assembly 107 in every named way', function () {
  this.timeout(120_000);
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({
      meters: ENERGY_CANDIDATES.map(({ name }, index) => ({
        bind: '127.0.0.1',
        enipPort: 0,
        modbusPort: 0,
        catalogNumber: '1420-V2-ENT',
        serialNumber: 940_000_100 + index,
        seed: 5 + index,
        load: LOAD,
        energyLayout: name,
      })),
    });
  });
  after(() => simulator.close());

  const check = (index: number, ...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('check', '127.0.0.1', '--port', String(simulator.meters[index]?.port), '--interval', '500', ...args);

  it('names each of them, contradicts the built-in layout where another is sent, and fits once it is chosen', async () => {
    await Promise.all(
      ENERGY_CANDIDATES.map(async ({ name }, index) => {
        const first = await check(index, '--seconds', '4', '--json');
        const { energyLayout, verdict } = JSON.parse(first.stdout) as LayoutVerdict;
        assert.equal(energyLayout?.named, name, `${name}: ${JSON.stringify(energyLayout)}`);
        const isBuiltIn = name === 'pairs-gwh-kwh';
        assert.equal(verdict, isBuiltIn ? 'undecided' : 'contradicted', name);
        assert.equal(first.code, isBuiltIn ? 0 : 1);
        const chosen = await check(index, '--seconds', '4', '--energy-layout', name);
        assert.equal(chosen.code, 0, `${name}: ${chosen.stdout}`);
        assert.ok(chosen.stdout.includes(`Energy counters in assembly 107: ${name}\n`), chosen.stdout);
        assert.ok(!chosen.stdout.includes('To apply it'));
      }),
    );
  });

  it('says in words which layout to choose, and why the others do not fit', async () => {
    const index = ENERGY_CANDIDATES.findIndex(({ name }) => name === 'counters-64-bit-wh');
    const { stdout } = await check(index, '--seconds', '4');
    assert.match(stdout, /To apply it choose "counters-64-bit-wh" under Energy counters in pm500-meter/);
    for (const { name } of ENERGY_CANDIDATES) {
      assert.match(stdout, new RegExp(`(confirmed|contradicted) +${name}\\n {8}\\S.*\\.\\n`));
    }
  });
});
