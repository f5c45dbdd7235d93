import type { EnergyCandidate } from '../../src/meters/meter-model';
import assert from 'node:assert/strict';
import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import { decideCandidate } from '../../src/domain/layout-check/decide-candidate';
import { candidateInUse } from '../../src/domain/layout-check/energy-layout';
import { checkLayout } from '../../src/domain/layout-check/layout-check';
import type { EnergyLayoutVerdict } from '../../src/domain/layout-check/verdict';
import { COUNTER_NAMES } from '../../src/metrics/catalog';
import { ASSUMED_ENERGY, ENERGY_CANDIDATES } from '../../src/meters/pm500/energy-candidates';
import { seededRandom } from '../../src/support/random';
import { inEnglish } from '../../src/support/sentence';
import {
  countersAt,
  energyMarks,
  energyReadings,
  layoutWith,
  WORKING,
  type Counters,
  type MeteredLoad,
  type Spoil,
} from '../../testkit/meters/energy-meters';
import { PM500 } from '../../src/meters/pm500';

/** Where counters may stand, Wh: new, used a little, years of use, near the end; with import alone, and with export. */
function startsOf(seed: number): Readonly<Record<string, Counters>> {
  const random = seededRandom(seed);
  const near = (wattHours: number): number => Math.round(wattHours * (1 + 0.2 * random()));
  const hours = Math.round(2_000 + 40_000 * random());
  return {
    new: countersAt(0, 0, 0),
    '5 kWh': countersAt(near(5_000), 0, hours),
    '20 MWh': countersAt(near(20e6), 0, hours),
    '20 MWh with export': countersAt(near(20e6), near(3e6), hours),
    '4 GWh': countersAt(near(4e9), 0, hours),
    '4 GWh with export': countersAt(near(4e9), near(1.7e9), hours),
    'near rollover': countersAt(9_999_999_990_000 - near(1_000), near(4e12), hours),
  };
}

/** From nothing to 10 MW, in both directions. */
const LOADS: Readonly<Record<string, MeteredLoad>> = {
  'no load': { activeW: 0, reactiveVar: 0, seconds: 60, intervalMs: 10_000 },
  '1 kW for a minute': { activeW: 1e3, reactiveVar: 300, seconds: 60, intervalMs: 10_000 },
  '1 kW for four hours': { activeW: 1e3, reactiveVar: 300, seconds: 14_400, intervalMs: 1_800_000 },
  '100 kW': { activeW: 1e5, reactiveVar: -3e4, seconds: 600, intervalMs: 75_000 },
  '100 kW export': { activeW: -1e5, reactiveVar: 3e4, seconds: 600, intervalMs: 75_000 },
  '10 MW': { activeW: 1e7, reactiveVar: 3e6, seconds: 60, intervalMs: 10_000 },
};
const SEEDS = [1, 2];

function known<Type>(values: Readonly<Record<string, Type>>, name: string): Type {
  const value = values[name];
  assert.ok(value !== undefined, name);
  return value;
}
const loadOf = (name: string): MeteredLoad => known(LOADS, name);
const startOf = (seed: number, name: string): Counters => known(startsOf(seed), name);

function decide(candidate: EnergyCandidate, start: Counters, load: MeteredLoad, spoil?: Spoil): EnergyLayoutVerdict {
  const powers = load.activeW === 0 ? {} : { powerFactor: 1 };
  const evidence = { marks: energyMarks(candidate, start, load, spoil), ...powers, driftWh: 0 };
  return inEnglish(decideCandidate(PM500, evidence, candidate.name));
}

/** Runs over all start readings and loads. */
function everywhere(
  visit: (start: Counters, load: MeteredLoad, where: string) => void,
  seeds: readonly number[] = SEEDS,
): void {
  for (const seed of seeds) {
    for (const [at, start] of Object.entries(startsOf(seed))) {
      for (const [carrying, load] of Object.entries(LOADS)) visit(start, load, `${at}, ${carrying}, seed ${seed}`);
    }
  }
}

describe('laws of the candidates of assembly 107', function () {
  this.timeout(120_000);

  it('are 72 bytes each, assumed, with a source, a sentence and a name of their own', () => {
    assert.equal(new Set(ENERGY_CANDIDATES.map(({ name }) => name)).size, ENERGY_CANDIDATES.length);
    assert.equal(new Set(ENERGY_CANDIDATES.map(({ description }) => description)).size, ENERGY_CANDIDATES.length);
    for (const candidate of ENERGY_CANDIDATES) {
      assert.match(candidate.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.match(candidate.source, /^assumed: /);
      const { sizeBytes, measurements } = candidate.assembly;
      assert.equal(sizeBytes, 72);
      assert.deepEqual(
        measurements.map(({ metric }) => metric),
        COUNTER_NAMES,
      );
      assert.ok(measurements.every(({ provenance }) => provenance === 'assumed'));
      assert.equal(candidateInUse(PM500, layoutWith(candidate)), candidate.name);
    }
    assert.equal(candidateInUse(PM500, WORKING), ASSUMED_ENERGY.name);
  });

  it('decode what they encode, to the step of their numbers', () => {
    for (const candidate of ENERGY_CANDIDATES) {
      for (const start of Object.values(startsOf(4))) {
        const plan = layoutWith(candidate).blocks.get(107);
        assert.ok(plan !== undefined);
        const { values } = decodeBlock(plan, encodeBlock(plan, start));
        for (const name of COUNTER_NAMES) {
          const [seen, wanted] = [Number(values[name]), start[name] ?? Number.NaN];
          const step = Math.max(candidate.scale, wanted * 2 ** -23, 1 / 60);
          assert.ok(Math.abs(seen - wanted) <= step, `${candidate.name} ${name}: ${seen}, not ${wanted}`);
        }
      }
    }
  });

  /** Where enough has flowed for the steps of a candidate. */
  function canTell({ encoding, name }: EnergyCandidate, load: MeteredLoad, where: string): boolean {
    const flown = (Math.abs(load.activeW) * load.seconds) / 3600;
    if (where.startsWith('new') || flown < 3_000) return false;
    // Steps of 24 bits: large counters in one single, or in a large high part.
    if (where.startsWith('near rollover')) return encoding !== 'REAL' && !name.endsWith('kwh-wh');
    return encoding !== 'REAL' || flown >= 20_000 || !where.startsWith('4 GWh');
  }

  it('are named by nothing else than themselves, never contradicted where they are, named where enough has flowed', () => {
    everywhere((start, load, where) => {
      for (const candidate of ENERGY_CANDIDATES) {
        const { named, candidates, verdict, evidence } = decide(candidate, start, load);
        const own = candidates.find(({ name }) => name === candidate.name);
        if (canTell(candidate, load, where)) assert.equal(named, candidate.name, `${where}: ${evidence}`);
        else assert.ok(named === undefined || named === candidate.name, `${candidate.name} is ${named}: ${where}`);
        assert.notEqual(own?.verdict, 'contradicted', `${candidate.name}: ${where}: ${own?.evidence}`);
        assert.equal(verdict, named === undefined ? 'undecided' : 'confirmed');
      }
    });
  });

  it('are named without any load once Modbus shows the same counters', () => {
    const load = loadOf('no load');
    for (const seed of SEEDS) {
      for (const [at, start] of Object.entries(startsOf(seed))) {
        if (at === 'new' || at === '5 kWh') continue;
        for (const candidate of ENERGY_CANDIDATES) {
          const marks = energyMarks(candidate, start, load);
          const { named, evidence } = inEnglish(decideCandidate(PM500, { marks, verified: start, driftWh: 0 }));
          assert.equal(named, candidate.name, `${candidate.name}: ${at}, seed ${seed}: ${evidence}`);
          const others = { ...start, active_energy_import_total: 1.7 * (start['active_energy_import_total'] ?? 0) };
          const none = decideCandidate(PM500, { marks, verified: others, driftWh: 0 });
          assert.ok(none.candidates.every(({ verdict }) => verdict === 'contradicted'));
        }
      }
    }
  });

  const swapBytes =
    (size: number): Spoil =>
    (bytes) => {
      const spoiled = bytes.slice();
      for (let offset = 0; offset < spoiled.length; offset += size) spoiled.subarray(offset, offset + size).reverse();
      return spoiled;
    };
  const rotate =
    (count: number): Spoil =>
    (bytes) =>
      Uint8Array.from(bytes, (_, index) => bytes[(index + count) % bytes.length] ?? 0);

  function shuffle(seed: number): Spoil {
    const random = seededRandom(seed);
    const order = Array.from({ length: 18 }, (_, element) => ({ element, key: random() }))
      .sort((left, right) => left.key - right.key)
      .map(({ element }) => element);
    return (bytes) => Uint8Array.from(bytes, (_, index) => bytes[4 * (order[index >> 2] ?? 0) + (index & 3)] ?? 0);
  }

  function noise(seed: number, isConstant: boolean): Spoil {
    const random = seededRandom(seed);
    let first: Uint8Array | undefined;
    return (bytes) => {
      const drawn =
        isConstant && first !== undefined ? first : Uint8Array.from(bytes, () => Math.floor(256 * random()));
      first = drawn;
      return drawn;
    };
  }

  function standingStill(): Spoil {
    let first: Uint8Array | undefined;
    return (bytes) => (first ??= bytes.slice());
  }

  const STRANGERS: Readonly<Record<string, (seed: number) => Spoil>> = {
    'random bytes': (seed) => noise(seed, false),
    'the same random bytes': (seed) => noise(seed, true),
    'counters that stand still': standingStill,
    'big-endian elements': () => swapBytes(4),
    'big-endian 64-bit numbers': () => swapBytes(8),
    'swapped words': () => (bytes) => swapBytes(4)(swapBytes(2)(bytes, 0), 0),
    'one counter further': () => rotate(8),
    'half a word further': () => rotate(2),
    'shuffled elements': shuffle,
    text: () => () => Buffer.from('PowerMonitor'.repeat(6), 'latin1'),
  };

  for (const [what, spoilOf] of Object.entries(STRANGERS)) {
    it(`are not named on a meter that has none of them: ${what}`, () => {
      everywhere(
        (start, load, where) => {
          for (const [index, candidate] of ENERGY_CANDIDATES.entries()) {
            const { named } = decide(candidate, start, load, spoilOf(index + where.length));
            assert.equal(named, undefined, `${candidate.name}: ${where}`);
          }
        },
        [3],
      );
    });
  }

  it('are named by the whole check, whether powers come in W or in kW, and the layout in use is contradicted', () => {
    const start = startOf(5, '20 MWh with export');
    for (const candidate of ENERGY_CANDIDATES) {
      for (const inKilo of [false, true]) {
        const load = { ...loadOf('100 kW'), inKilo };
        const { energyLayout, assemblies } = checkLayout(PM500, energyReadings(candidate, start, load));
        assert.equal(energyLayout?.named, candidate.name, `kilo: ${String(inKilo)}: ${energyLayout?.evidence ?? ''}`);
        assert.equal(energyLayout.inUse, ASSUMED_ENERGY.name);
        const energy = assemblies.find(({ assembly }) => assembly === 107);
        const isOther = candidate.name !== ASSUMED_ENERGY.name;
        assert.equal(energy?.verdict, isOther ? 'contradicted' : 'undecided');
        assert.equal(energyLayout.verdict, isOther ? 'contradicted' : 'confirmed');
        if (isOther) assert.match(energy.elements[0]?.evidence.join(' ') ?? '', new RegExp(`${candidate.name} fits`));
      }
    }
  });

  it('survive a counter that is reset once, and gaps of which no power is known', () => {
    const load: MeteredLoad = { activeW: 1e6, reactiveVar: 2e5, seconds: 600, intervalMs: 10_000 };
    for (const candidate of ENERGY_CANDIDATES) {
      const readings = energyReadings(candidate, startOf(6, '20 MWh'), load);
      const after = energyReadings(candidate, countersAt(0, 0, 9_000), load).map((reading) => {
        const timestamp = reading.timestamp + 700_000;
        return { ...reading, timestamp, blocks: reading.blocks.map((block) => ({ ...block, timestamp })) };
      });
      const { energyLayout } = checkLayout(PM500, [...readings, ...after]);
      assert.equal(energyLayout?.named, candidate.name, energyLayout?.evidence);
    }
  });
});
