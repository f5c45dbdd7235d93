import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { layoutCheckContract, type LayoutVerdict } from '../../src/domain/layout-check/verdict';
import { WORKING_LAYOUT } from '../../src/meters/pm500/assemblies';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../src/simulator/simulator';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { runHere } from './run-command';
import { PM500 } from '../../src/meters/pm500';

const SENTENCE = /^[^\n]+\.\n$/;

describe('pm500 check', function () {
  this.timeout(60_000);
  let simulator: Simulator;
  before(async () => {
    simulator = await startOneMeter({
      modbusPort: 0,
      serialNumber: 940_000_042,
      seed: 3,
      load: constantProfile(100_000),
    });
  });
  after(() => simulator.close());
  const check = (...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('check', '127.0.0.1', '--port', String(simulator.meters[0]?.port), '--interval', '200', ...args);

  it('explains its verdict for every element of the simulated meter', async () => {
    const { code, stdout, stderr } = await check('--seconds', '2', '--details');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^127\.0\.0\.1: \d+ readings in [12] s; layout: working layout/);
    assert.match(stdout, / 1 {2}confirmed {5}active_power_l1\n {8}active_power_total .* is the sum over the phases/);
    assert.match(stdout, /Wiring: confirmed\. 3PN/);
    assert.match(stdout, /Verdict: undecided\n/);
    for (const { instance, measurements } of WORKING_LAYOUT.assemblies) {
      assert.ok(stdout.includes(`Assembly ${instance}, `));
      for (const { metric } of measurements) assert.match(stdout, new RegExp(`d +${metric}\\n {8}\\S.*\\.\\n`));
    }
  });

  it('is brief else: the verdict, what it means and what to do, and no element that nothing contradicts', async () => {
    const { code, stdout } = await check('--seconds', '1');
    assert.equal(code, 0);
    assert.ok(stdout.split('\n').length < 40, stdout);
    assert.match(stdout, /\nVerdict: undecided\n( {2}\d{3} .*\n){9}Nothing contradicts .* tick "Layout confirmed"/);
    assert.match(stdout, /--details\.\n$/);
    assert.doesNotMatch(stdout, /Assembly 10[0-68]|is the sum over the phases/);
  });

  it('says of a wiring that was given and is another one that the wiring is to be corrected, not the layout', async () => {
    const { code, stdout } = await check('--seconds', '1', '--wiring', '2P');
    assert.equal(code, 1);
    assert.match(stdout, /\nVerdict: contradicted\n(?: {2}\d{3} .*\n){9}The values look like 3PN, and 2P was given\. /);
    assert.doesNotMatch(stdout, /describe the layout/);
  });

  it('ends with code 1 when a layout file does not fit, and names what to write in it', async () => {
    const folder = temporaryFolder('check');
    const file = join(folder, 'layout.json');
    const swap: Readonly<Record<string, string>> = { current_l1: 'voltage_l1_n', voltage_l1_n: 'current_l1' };
    const assemblies = WORKING_LAYOUT.assemblies.map((assembly) => ({
      ...assembly,
      measurements: assembly.measurements.map((row) => ({
        ...row,
        metric: swap[row.metric] ?? row.metric,
        ...(row.metric.includes('_power_') && assembly.instance === 102 ? { scale: 1000 } : {}),
      })),
    }));
    writeFileSync(file, JSON.stringify({ ...WORKING_LAYOUT, assemblies }));
    const { code, stdout } = await check('--seconds', '2', '--layout', file);
    removeFolder(folder);
    assert.equal(code, 1);
    assert.match(stdout, /Verdict: contradicted/);
    assert.match(stdout, /Assembly 101, .*contradicted\n/);
    assert.doesNotMatch(stdout, /Assembly 100, | confirmed {5,}/);
    assert.match(stdout, /docs\/layout-file\.md.* do not confirm it\./);
    assert.match(stdout, /102 scale +contradicted .*Layout file: "scale": 1 instead of 1000\./);
    assert.match(stdout, /if current_l1 and voltage_l1_n were exchanged/);
  });

  it('answers bad options and a meter that is not there with one sentence', async () => {
    for (const [args, sentence] of [
      [['check'], /^The address of the meter is missing; write pm500 check HOST/],
      [['check', 'a', 'b'], /^Argument "b" is one too many/],
      [['check', 'a', '--wiring', '4P'], /^Option --wiring is "4P"; choose one of 1P/],
      [['check', 'a', '--seconds', '0'], /^Option --seconds is "0"/],
      [['check', 'a', '--interval', '100'], /^Option --interval is "100"/],
    ] as const) {
      const { code, stderr } = await runHere(...args);
      assert.equal(code, 2);
      assert.match(stderr, SENTENCE);
      assert.match(stderr, sentence);
    }
    const gone = await runHere('check', '127.0.0.1', '--port', '1', '--seconds', '1');
    assert.deepEqual([gone.code, gone.stdout], [1, '']);
    assert.match(gone.stderr, SENTENCE);
  });

  // Last: after Modbus the simulated meter is silent for some seconds, as a real one is said to be.
  it('compares the counters with the registers over Modbus in a maintenance window, and speaks JSON', async () => {
    const { port, modbusPort } = simulator.meters[0] ?? {};
    assert.ok(port !== undefined && modbusPort !== undefined);
    const refused = await check('--modbus-port', String(modbusPort));
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /^Option --modbus-port suspends .* add --maintenance/);
    const args = ['--seconds', '1', '--modbus-port', String(modbusPort), '--maintenance', '--json'];
    const { code, stdout, stderr } = await check(...args);
    assert.deepEqual([code, stderr], [0, '']);
    const verdict = JSON.parse(stdout) as LayoutVerdict;
    const validate = new Ajv().compile(layoutCheckContract(PM500).jsonSchema);
    assert.ok(validate(verdict), JSON.stringify(validate.errors));
    const energy = verdict.assemblies.find(({ assembly }) => assembly === 107);
    assert.equal(energy?.verdict, 'confirmed');
    assert.match(energy.elements[0]?.evidence[0] ?? '', /over Modbus .*: the same\.$/);
  });
});
