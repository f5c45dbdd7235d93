import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { FIRST_CUSTOM_INDEX } from '../../src/sparkplug/metrics/metrics';
import { ROOT } from '../../testkit/root';

/** The first block of aliases belongs to the edge node itself. */
const FIRST_ALIAS = 4096;

describe('the column of Sparkplug aliases', () => {
  const recorded = JSON.parse(readFileSync(join(ROOT, 'test/vectors/sparkplug-aliases.json'), 'utf8')) as Readonly<
    Record<string, number>
  >;

  it('gives every metric one of its own, below those of sites and flows', () => {
    const owners = new Map<number, string>();
    for (const { name, sparkplugAlias = 0 } of ALL_METRICS) {
      assert.ok(Number.isInteger(sparkplugAlias) && sparkplugAlias > 0, `${name} needs a sparkplugAlias`);
      assert.ok(sparkplugAlias < FIRST_CUSTOM_INDEX, `${name}: ${sparkplugAlias} belongs to sites and flows`);
      assert.equal(owners.get(sparkplugAlias), undefined, `${name} has the alias of ${owners.get(sparkplugAlias)}`);
      owners.set(sparkplugAlias, name);
    }
  });

  it('says what is on record, so that hosts need not learn aliases anew after an update', () => {
    const column = Object.fromEntries(ALL_METRICS.map(({ name, sparkplugAlias = 0 }) => [name, sparkplugAlias]));
    for (const [name, alias] of Object.entries(recorded)) {
      const own = column[name];
      // A metric that is gone keeps its alias on record, so that nobody else gets it.
      if (own !== undefined) assert.equal(FIRST_ALIAS + own, alias, name);
      else assert.ok(!Object.values(column).includes(alias - FIRST_ALIAS), `the alias of ${name} is not free`);
    }
    for (const name of Object.keys(column)) assert.ok(name in recorded, `add ${name} to the record`);
  });
});
