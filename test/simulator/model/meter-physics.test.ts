import assert from 'node:assert/strict';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { encodeBlock } from '../../../src/domain/codec/encode';
import type { Value } from '../../../src/domain/messages/reading';
import { CATALOG } from '../../../src/metrics/catalog';
import { CATALOG_NUMBERS } from '../../../src/meters/pm500/identity';
import { loadCsvProfile } from '../../../src/simulator/model/csv-profile';
import { constantProfile } from '../../../src/simulator/model/plain-profiles';
import { findCatalogNumber } from '../../../src/simulator/model/supply';
import { close, modelOf, numberIn } from '../../../testkit/simulator/models';
import { PM500 } from '../../../src/meters/pm500';

describe('simulated meter', () => {
  it('gives every metric of the catalog, and no other', () => {
    const values = modelOf(loadCsvProfile()).valuesAt(Date.UTC(2018, 5, 1, 10));
    assert.deepEqual(Object.keys(values).sort(), CATALOG.map(({ name }) => name).sort());
    for (const { name, kind, range } of CATALOG) {
      const value = values[name];
      if (kind === 'state') assert.equal(typeof value, 'boolean', name);
      else if (kind === 'text') assert.equal(typeof value, 'string', name);
      else {
        assert.ok(Number.isFinite(value), name);
        if (range !== undefined) assert.ok((value as number) >= range.min && (value as number) <= range.max, name);
      }
    }
  });

  it('repeats itself for the same seed and differs for another', () => {
    const at = Date.UTC(2018, 2, 5, 14, 3, 7);
    const values = (seed: number): unknown => modelOf(loadCsvProfile(), seed).valuesAt(at);
    assert.deepEqual(values(42), values(42));
    assert.notDeepEqual(values(42), values(43));
  });

  it('does not depend on what was read before, maxima aside', () => {
    const at = Date.UTC(2018, 2, 5, 14, 3, 7);
    const fresh = modelOf(loadCsvProfile(), 5);
    const used = modelOf(loadCsvProfile(), 5);
    for (let step = 0; step < 50; step++) used.valuesAt(used.startMs + step * 123_456);
    for (const section of ['instant', 'demand', 'counters', 'states', 'texts'] as const) {
      assert.deepEqual(fresh.section(section, at), used.section(section, at), section);
    }
  });

  it('survives the way through the bytes of every assembly', () => {
    for (const { catalogNumber } of CATALOG_NUMBERS) {
      const values = modelOf(loadCsvProfile(), 7, catalogNumber).valuesAt(Date.UTC(2018, 2, 5, 14));
      for (const plan of workingLayout(PM500).blocks.values()) {
        const decoded = decodeBlock(plan, Buffer.from(encodeBlock(plan, values)));
        assert.equal(decoded.problems, undefined);
        for (const [name, value] of Object.entries(decoded.values)) {
          if (typeof value === 'number') close(value, numberIn(values, name), 1e-6, name);
          else assert.equal(value, values[name], name);
        }
      }
    }
  });

  it('says its model in the firmware words and 13 letters', () => {
    const texts = (catalogNumber: string): Readonly<Record<string, Value>> =>
      modelOf(constantProfile(1), 1, catalogNumber).section('texts', 0);
    assert.match(String(texts('1420-V2-ENT')['firmware_base']), /^A\.\d+$/);
    assert.match(String(texts('1420-V1-ENT')['firmware_base']), /^B\.\d+$/);
    assert.equal(texts('1420-V1-ENT')['firmware_analog'], '');
    assert.match(String(texts('1420-V1A-ENT')['firmware_analog']), /^B\.\d+$/);
    assert.match(String(texts('1420-V1-ENT')['identification_letters']), /^[A-Z0-9]{13}$/);
  });

  it('raises alarms in a busy plant and none at rest, and only a unit with digital outputs switches them', () => {
    const busy = (catalogNumber: string): Readonly<Record<string, Value>> =>
      modelOf(constantProfile(100_000), 1, catalogNumber).section('states', 0);
    assert.equal(busy('1420-V2P-ENT')['alarm_1'], true);
    assert.equal(busy('1420-V2P-ENT')['output_1'], true);
    assert.equal(busy('1420-V2A-ENT')['output_1'], false);
    const plant = modelOf(loadCsvProfile());
    const sunday = plant.section('states', Date.UTC(2018, 0, 14, 4));
    assert.deepEqual([sunday['alarm_1'], sunday['alarm_2'], sunday['output_1']], [false, false, false]);
  });

  it('refuses a catalog number that does not exist', () => {
    assert.throws(() => findCatalogNumber(PM500, '1420-V3-ENT'), { code: 'CONFIG_INVALID', message: /1420-V1-ENT/ });
  });
});
