import assert from 'node:assert/strict';
import type { Value } from '../../src/domain/messages/reading';
import { loadCsvProfile } from '../../src/simulator/model/csv-profile';
import type { LoadProfile } from '../../src/simulator/model/load-profile';
import { MeterPhysics } from '../../src/simulator/model/meter-physics';
import { constantProfile, dailyProfile } from '../../src/simulator/model/plain-profiles';
import { repeatingProfile } from '../../src/simulator/model/repeating-profile';
import { findCatalogNumber } from '../../src/simulator/model/supply';
import { seededRandom } from '../../src/support/random';
import { PM500 } from '../../src/meters/pm500';

export const PHASES = ['l1', 'l2', 'l3'] as const;
export const POWERS = [...PHASES, 'total'] as const;

export function modelOf(load: LoadProfile, seed = 1, catalogNumber = '1420-V2-ENT', startMs?: number): MeterPhysics {
  return new MeterPhysics({
    catalogEntry: findCatalogNumber(PM500, catalogNumber),
    serialNumber: 940_000_123,
    seed,
    load,
    ...(startMs === undefined ? {} : { startMs }),
  });
}

export function numberIn(values: Readonly<Record<string, Value>>, name: string): number {
  const value = values[name];
  assert.equal(typeof value, 'number', name);
  return value as number;
}

export function close(actual: number, expected: number, relative: number, what: string): void {
  const size = Math.max(Math.abs(actual), Math.abs(expected), 1e-9);
  assert.ok(Math.abs(actual - expected) <= relative * size, `${what}: ${actual} is not ${expected}`);
}

/** A load that imports and exports both kinds of energy. */
export function mixedProfile(): LoadProfile {
  const random = seededRandom(5);
  const intervals = Array.from({ length: 24 }, () => ({
    activeImportWh: random() < 0.3 ? 0 : 20_000 * random(),
    activeExportWh: random() < 0.5 ? 0 : 9_000 * random(),
    reactiveImportVarh: random() < 0.3 ? 0 : 8_000 * random(),
    reactiveExportVarh: random() < 0.3 ? 0 : 6_000 * random(),
  }));
  return repeatingProfile({ description: 'mixed', intervals, firstStartMs: 0, startMs: 0, variation: 0.2 });
}

export const LOADS: readonly (readonly [string, () => LoadProfile])[] = [
  ['the recorded plant year', () => loadCsvProfile()],
  ['a constant load', () => constantProfile(100_000)],
  ['a constant feed-in', () => constantProfile(-40_000)],
  ['a plant weekday', () => dailyProfile(250_000, 3)],
  ['both directions', mixedProfile],
];
