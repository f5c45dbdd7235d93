import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsOf } from '../../src/domain/codec/register-plan';
import { PM500 } from '../../src/meters/pm500';
import { ALL_METRICS, DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import { printedRegister } from '../../src/transport/modbus/address';
import { isDerived } from '../../tools/telegraf/common';
import { TELEGRAF_FOLDER, telegrafFiles } from '../../tools/telegraf/main';
import { readConfiguration } from '../../testkit/telegraf/configuration';
import { DocumentNode } from '../../testkit/telegraf/document';
import { Telegraf } from '../../testkit/telegraf/telegraf';
import { evaluate } from '../../testkit/telegraf/xpath';
import { TELEGRAF_ENVIRONMENT } from '../../testkit/telegraf/environment';

const REGISTERS = PM500.registers.groups.flatMap(({ registers }) => registers);

describe('laws of deploy/telegraf', () => {
  const files = telegrafFiles();

  it('the files are those that the meter table gives, and no others', () => {
    assert.deepEqual(readdirSync(TELEGRAF_FOLDER).sort(), [...files.keys()].sort());
    for (const [name, text] of files) {
      const message = `${name} is old; run npx tsx tools/telegraf/main.ts`;
      assert.equal(readFileSync(join(TELEGRAF_FOLDER, name), 'utf8'), text, message);
    }
  });

  for (const name of [...files.keys()].filter((each) => each.endsWith('.conf'))) {
    it(`${name} has no option that Telegraf does not know, and no secret`, () => {
      assert.doesNotThrow(() => new Telegraf(join(TELEGRAF_FOLDER, name), TELEGRAF_ENVIRONMENT));
      const text = files.get(name) ?? '';
      for (const [, secret] of text.matchAll(/^\s*(?:token|password) = "(.*)"$/gm)) {
        assert.match(String(secret), /^\$\{\w+:(-|\?.*)\}$/, 'of the environment, without a default');
      }
    });
  }

  it('the part for InfluxDB 1 is a whole output once its number signs are gone', () => {
    for (const [name, text] of files) {
      if (!name.endsWith('.conf')) continue;
      const version1 = text
        .replace(/^\[\[outputs\.influxdb_v2\]\]\n(?: .*\n)*/m, '')
        .replaceAll(/^#(?=\[\[| {2}\w+ = )/gm, '');
      const { outputs } = readConfiguration(version1, TELEGRAF_ENVIRONMENT);
      assert.deepEqual(
        outputs.map((output) => [output.name, output.settings['database']]),
        [['influxdb', 'energy']],
        name,
      );
    }
  });

  for (const name of ['modbus-tcp.conf', 'modbus-rtu.conf']) {
    it(`${name} asks for the registers of the table that have a metric, each once, and for no other`, () => {
      const { modbus } = new Telegraf(join(TELEGRAF_FOLDER, name), TELEGRAF_ENVIRONMENT);
      const reads = modbus.flatMap(({ reads: each }) => each);
      assert.ok(reads.every(({ functionCode }) => functionCode === 4));
      const asked = reads.flatMap(({ address, words }) =>
        Array.from({ length: words }, (_, at) => printedRegister(PM500, address + at)),
      );
      const known = REGISTERS.filter((row) => metricsOf(row).length > 0).flatMap(({ register, words }) =>
        Array.from({ length: words }, (_, at) => register + at),
      );
      assert.deepEqual(
        [...asked].sort((left, right) => left - right),
        known.sort((left, right) => left - right),
      );
    });
  }

  it('the condition for derived metrics divides all metrics as the table does', () => {
    const derived = new Set(DERIVED_METRICS.map(({ name }) => name));
    const root = new DocumentNode('', undefined, undefined, '');
    for (const { name } of ALL_METRICS) {
      const node = root.add(name, undefined, '');
      assert.equal(evaluate(isDerived('name()'), node, root), derived.has(name), name);
    }
    assert.equal(evaluate(isDerived('name()'), root.add('tariff_energy_peak', undefined, ''), root), true);
  });
});
