import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HUNDRED_METERS, listPrices, monthlyCosts, total, type Fleet } from '../costs/costs';
import prices from '../costs/prices.json';
import { HOME } from '../lib/settings';

const PRICES = listPrices();
const near = (found: number | undefined, expected: number): void => {
  assert.ok(
    found !== undefined && Math.abs(found - expected) < 1e-9 * Math.max(1, expected),
    `${found}, not ${expected}`,
  );
};

describe('costs', () => {
  it('are those of a sum by hand', () => {
    // One meter, a record of 1000 bytes a minute, alone in its message: 43 200 of each, each counted as 5 KB.
    const fleet: Fleet = {
      ...HUNDRED_METERS,
      meters: 1,
      edges: 1,
      everySeconds: 60,
      bytesOfRecord: 1000,
      recordsInMessage: 1,
    };
    const costs = monthlyCosts(fleet, PRICES);
    near(costs['connections'], 0.0432 * 0.08);
    near(costs['messages'], 0.0432 * 1);
    near(costs['rules'], 0.0432 * 2 * 0.3);
    near(costs['delivery'], 0.0432 * 5.12 * (0.029 + 0.018) + 0.0432 * 0.02 + 2.88 * 0.005);
    near(costs['storage'], 0.0432 * 0.25 * 24 * 0.023);
    near(costs['stream'], 0);
    near(costs['fixed'], 1 + 0.4 + 1.3);
  });

  it('of messages go down with batches, and to no less than their bytes', () => {
    const messages = (recordsInMessage: number): number =>
      monthlyCosts({ ...HUNDRED_METERS, recordsInMessage }, PRICES)['messages'] ?? assert.fail();
    assert.ok(messages(50) < 0.5 * messages(1));
    // Batches end where a payload does.
    assert.equal(messages(63), messages(500));
    assert.ok(messages(500) >= (25.92 * 2000) / 5120);
  });

  it('of the stream are those of a shard all month, and of what is put into it', () => {
    const fleet: Fleet = { ...HUNDRED_METERS, withStream: true, recordsInMessage: 1 };
    near(monthlyCosts(fleet, PRICES)['stream'], 720 * 0.015 + 25.92 * 0.014);
  });

  it('refuse what is no fleet', () => {
    for (const change of [{ meters: 0 }, { everySeconds: 0 }, { bytesOfRecord: Number.NaN }, { recordsInMessage: 0.5 }])
      assert.throws(() => monthlyCosts({ ...HUNDRED_METERS, ...change }, PRICES), /A fleet has/);
  });

  it('stand in the README as they are worked out, with their date', () => {
    const readme = readFileSync(join(HOME, 'README.md'), 'utf8');
    const costs = monthlyCosts(HUNDRED_METERS, PRICES);
    for (const [part, usd] of Object.entries(costs))
      assert.match(readme, new RegExp(String.raw`\| ${part} +\| +${usd.toFixed(2)} +\|`), part);
    assert.match(readme, new RegExp(String.raw`\| \*\*total\*\* +\| +\*\*${total(costs).toFixed(2)}\*\* +\|`));
    assert.ok(readme.includes(prices.date));
  });

  it('say of each price where it is from, and whether that was confirmed', () => {
    for (const [name, { usd, source, confirmed }] of Object.entries(prices.rows)) {
      assert.ok(usd > 0 && source.startsWith('aws.amazon.com/'), name);
      assert.equal(typeof confirmed, 'boolean', name);
    }
  });
});
