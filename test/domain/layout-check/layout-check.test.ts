import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { checkLayout, LayoutCheck, type LayoutCheckOptions } from '../../../src/domain/layout-check/layout-check';
import {
  layoutCheckContract,
  type LayoutVerdict,
  type ScaleVerdict,
  type Word,
} from '../../../src/domain/layout-check/verdict';
import { READING_SCHEMA, type Reading } from '../../../src/domain/messages/reading';
import { COUNTER_NAMES } from '../../../src/metrics/catalog';
import { WIRING_MODES, type Pm500WiringMode } from '../../../src/meters/pm500/identity';
import { SimulatedMeter } from '../../../src/simulator/model/simulated-meter';
import { findCatalogNumber } from '../../../src/simulator/model/supply';
import { LOADS } from '../../../testkit/simulator/models';
import { FakeClock } from '../../../testkit/fake-clock';
import { withoutGerman } from '../../german';
import {
  exchange,
  LAYOUT,
  metered,
  multiply,
  pairsUpTo,
  readingsOf,
  repair,
  unevenMoments,
  type MeterMoment,
  type Mutation,
} from '../../../testkit/meters/permuted-layouts';
import { PM500 } from '../../../src/meters/pm500';

const SEEDS = [1, 2, 3];
/** Assemblies that prove each other. */
const COMPANY: Readonly<Record<number, readonly number[]>> = {
  101: [101, 102, 103],
  102: [101, 102, 104],
  103: [101, 102, 103],
  104: [101, 102, 103, 104],
  105: [105, 106],
  106: [105, 106],
};
/** Largest relative change by an exchange that may go unnoticed; demands are averages, whose relations are looser. */
const TOLERANCE: Readonly<Record<number, number>> = { 101: 0.03, 102: 0.03, 103: 0.03, 104: 0.03, 105: 0.1, 106: 0.1 };

function only(readings: readonly Reading[], assemblies: readonly number[] | undefined): Reading[] {
  return readings.map((reading) => ({
    ...reading,
    blocks: reading.blocks.filter(({ assembly }) => assembly !== undefined && assemblies?.includes(assembly) === true),
  }));
}

const wordOf = (verdict: LayoutVerdict, instance: number): Word | undefined =>
  verdict.assemblies.find(({ assembly }) => assembly === instance)?.verdict;

function contradictedOf({ assemblies }: LayoutVerdict): readonly string[] {
  return assemblies.flatMap(({ elements }) =>
    elements
      .filter(({ verdict }) => verdict === 'contradicted')
      .map(({ metric, evidence }) => `${metric}: ${evidence.join(' ')}`),
  );
}

const optionsOf = (mode: Pm500WiringMode): LayoutCheckOptions => (mode === '3PN' ? {} : { wiring: mode });

function namesOf(instance: number): readonly string[] {
  return LAYOUT.blocks.get(instance)?.rows.map(({ metric }) => metric.name) ?? [];
}

/** By how much an exchange of two values changes one of them at least, in every moment that it is seen. */
function changeBy(moments: readonly MeterMoment[], first: string, second: string): number {
  return Math.max(
    ...moments.map(({ values }) => {
      const [one, two] = [Number(values[first]), Number(values[second])];
      return one === two ? 0 : Math.abs(one - two) / Math.max(Math.abs(one), Math.abs(two));
    }),
  );
}

/** Exchanges of one assembly that change values by more than the tolerance and are not noticed. */
function unnoticed(moments: readonly MeterMoment[], instance: number, mode: Pm500WiringMode): string[] {
  const names = namesOf(instance);
  return pairsUpTo(names.length).flatMap((pair) => {
    const [first, second] = pair.map((index) => names[index] ?? '') as [string, string];
    if (changeBy(moments, first, second) <= (TOLERANCE[instance] ?? 0)) return [];
    const readings = only(readingsOf(moments, exchange(instance, [pair])), COMPANY[instance]);
    const verdict = checkLayout(PM500, readings, optionsOf(mode));
    return wordOf(verdict, instance) === 'contradicted' ? [] : [`${first} <-> ${second}`];
  });
}

/**
 * What no relation tells apart: an average of power that flowed both ways may be far below the product of the averages, so
 * a larger current can stand for a demand current of a phase; in 1P and 3P2 the product of one demand voltage and one demand current is all there is, in 3P
 * demands of single phases stand alone.
 */
const BEYOND_REACH: Readonly<Partial<Record<Pm500WiringMode, RegExp>>> = {
  '3PN': /^demand_current_l\d <-> demand_current_n$/,
  '2P': /^demand_current_l\d <-> demand_current_n$/,
  '1P': /^demand_(voltage_l1_n <-> demand_current_l1)$/,
  '3P2': /^demand_(voltage_l1_n <-> demand_current_l1)$/,
  '3P': /^demand_(voltage_l\d_l\d <-> demand_voltage_l\d_l\d|current_l\d <-> demand_current_l\d)$/,
};

describe('layout check', function () {
  this.timeout(120_000);

  it('never contradicts the true layout, in any wiring, configured or not, and confirms what can be told', () => {
    for (const seed of SEEDS) {
      for (const mode of WIRING_MODES) {
        for (const missing of [0, null] as const) {
          const readings = readingsOf(metered(unevenMoments(seed), mode, missing));
          const configured = checkLayout(PM500, readings, optionsOf(mode));
          assert.deepEqual(contradictedOf(configured), [], `${mode}, seed ${seed}`);
          assert.deepEqual([configured.wiring.verdict, configured.wiring.candidates], ['confirmed', [mode]]);
          const recognized = checkLayout(PM500, readings);
          assert.deepEqual(contradictedOf(recognized), [], `${mode} recognized, seed ${seed}`);
          if (mode !== '3PN') continue;
          for (const instance of [100, 101, 102, 104, 106, 108])
            assert.equal(wordOf(configured, instance), 'confirmed');
        }
      }
    }
  });

  it('never contradicts the simulated meter, whatever it carries', async () => {
    for (const [what, profile] of LOADS) {
      for (const seed of SEEDS) {
        const clock = new FakeClock();
        const options = {
          catalogEntry: findCatalogNumber(PM500, '1420-V2-ENT'),
          serialNumber: 940_000_001,
          seed,
          load: profile(),
        };
        const meter = new SimulatedMeter(PM500, options, clock, 1);
        const check = new LayoutCheck(PM500);
        for (let cycle = 0; cycle < 40; cycle++) {
          await clock.advance(15_000);
          check.accept(readingOf(meter, clock.now()));
        }
        const verdict = check.verdict();
        assert.deepEqual(contradictedOf(verdict), [], `${what}, seed ${seed}`);
        assert.equal(verdict.readings, 40);
      }
    }
  });

  for (const instance of [101, 102, 103, 104, 105, 106]) {
    it(`catches every exchange of two elements of assembly ${instance}`, () => {
      for (const seed of SEEDS) {
        const left = unnoticed(metered(unevenMoments(seed, 8)), instance, '3PN');
        assert.deepEqual(
          left.filter((pair) => BEYOND_REACH['3PN']?.test(pair) !== true),
          [],
          `seed ${seed}`,
        );
      }
    });
  }

  for (const mode of WIRING_MODES.filter((candidate) => candidate !== '3PN')) {
    it(`catches every exchange of two elements in wiring ${mode}, but those that nothing tells apart`, () => {
      const moments = metered(unevenMoments(4, 8), mode);
      for (const instance of [101, 102, 103, 104, 105, 106]) {
        const left = unnoticed(moments, instance, mode).filter((pair) => BEYOND_REACH[mode]?.test(pair) !== true);
        assert.deepEqual(left, [], `assembly ${instance}`);
      }
    });
  }

  for (const mode of WIRING_MODES.filter((candidate) => candidate !== '3PN')) {
    it(`catches every power and every assembly of powers of another scale in wiring ${mode}`, () => {
      const moments = metered(unevenMoments(5, 8), mode);
      for (const instance of [102, 104, 106]) {
        const names = namesOf(instance);
        const powers = names.flatMap((name, index) => (/(active|apparent)_power_/.test(name) ? [index] : []));
        const present = powers.filter((index) => Number(moments.at(-1)?.values[names[index] ?? '']) !== 0);
        assert.ok(present.length > 0, `assembly ${instance}`);
        for (const elements of [powers, ...present.map((index) => [index])]) {
          // A maximum may be far above what is seen, but not below.
          for (const factor of elements === powers ? [1e-3, 1e3] : [1e-3]) {
            const verdict = checkLayout(
              PM500,
              readingsOf(moments, multiply(instance, elements, factor)),
              optionsOf(mode),
            );
            const what = `assembly ${instance}, elements ${elements.join()}, x ${factor}`;
            assert.equal(wordOf(verdict, instance), 'contradicted', what);
          }
        }
      }
    });
  }

  it('does not confirm what an exchange beyond its reach would leave as it is', () => {
    const verdict = checkLayout(PM500, readingsOf(metered(unevenMoments(4), '3P')), { wiring: '3P' });
    const demand = verdict.assemblies.find(({ assembly }) => assembly === 105);
    for (const { metric, verdict: word } of demand?.elements ?? []) {
      if (/_l\d(_l\d)?$/.test(metric)) assert.equal(word, 'undecided', metric);
    }
  });

  it('catches blocks of elements that are exchanged', () => {
    const four = (first: number, second: number): [number, number][] =>
      [0, 1, 2, 3].map((index) => [first + index, second + index]);
    const blocks: readonly (readonly [number, readonly (readonly [number, number])[]])[] = [
      ...[101, 103, 105].flatMap((instance) =>
        [four(0, 4), four(0, 8), four(4, 8)].map((pairs) => [instance, pairs] as const),
      ),
      ...[102, 104, 106].flatMap((instance) =>
        [four(0, 4), four(0, 8), four(0, 12), four(4, 8), four(4, 12), four(8, 12)].map(
          (pairs) => [instance, pairs] as const,
        ),
      ),
      // Two phases exchanged throughout one assembly, the system value first instead of last.
      [102, [0, 4, 8, 12].map((base) => [base, base + 1] as const)],
      [102, [0, 4, 8, 12].map((base) => [base, base + 3] as const)],
      [101, [[0, 1] as const, [8, 9] as const]],
    ];
    for (const seed of SEEDS) {
      for (const [instance, pairs] of blocks) {
        const verdict = checkLayout(PM500, readingsOf(metered(unevenMoments(seed, 8)), exchange(instance, pairs)));
        assert.equal(wordOf(verdict, instance), 'contradicted', `assembly ${instance}: ${JSON.stringify(pairs)}`);
      }
    }
  });

  it('names the two elements whose exchange explains everything', () => {
    const verdict = checkLayout(PM500, readingsOf(metered(unevenMoments(1)), exchange(102, [[0, 9]])));
    const names = contradictedOf(verdict).map((line) => line.split(':')[0]);
    assert.deepEqual(names, ['active_power_l1', 'reactive_power_l2']);
    assert.match(contradictedOf(verdict)[0] ?? '', /if active_power_l1 and reactive_power_l2 were exchanged\.$/);
  });

  it('tells kW from W in each assembly and says which scale a layout file needs', () => {
    const powers = Array.from({ length: 12 }, (_, index) => index);
    for (const seed of SEEDS) {
      for (const instance of [102, 104, 106]) {
        for (const factor of [1e-3, 1e3, 1e-6]) {
          const verdict = checkLayout(
            PM500,
            readingsOf(metered(unevenMoments(seed)), multiply(instance, powers, factor)),
          );
          assert.equal(wordOf(verdict, instance), 'contradicted', `${instance} x ${factor}`);
          const scale = verdict.scales.find(({ assembly }) => assembly === instance);
          assert.ok(Math.abs((scale?.suggestion ?? 0) * factor - 1) < 1e-9, `${instance} x ${factor}`);
          assert.ok(
            !verdict.assemblies.some(({ assembly, verdict: word }) => assembly !== instance && word === 'contradicted'),
          );
        }
        for (const element of powers) {
          const one = checkLayout(
            PM500,
            readingsOf(metered(unevenMoments(seed, 8)), multiply(instance, [element], 1e-3)),
          );
          // A maximum may be far above what is seen, but not below.
          assert.equal(wordOf(one, instance), 'contradicted', `${instance}, element ${element + 1}`);
        }
      }
    }
  });
});

describe('layout check of assembly 107', function () {
  this.timeout(60_000);
  const both = (readings: readonly Reading[], moments: readonly MeterMoment[], modbus: boolean): LayoutVerdict => {
    const check = new LayoutCheck(PM500);
    for (const reading of readings) check.accept(reading);
    const last = moments.at(-1);
    assert.ok(last !== undefined);
    const counters = Object.fromEntries(COUNTER_NAMES.map((name) => [name, Number(last.values[name])]));
    const [template] = readings;
    assert.ok(template !== undefined);
    const block = { register: 301_281, group: 'energy', timestamp: last.timestamp, latencyMs: 1, provenance: {} };
    if (modbus) check.accept({ ...template, timestamp: last.timestamp, blocks: [{ ...block, values: counters }] });
    return check.verdict();
  };
  const judge = (mutation: Mutation, modbus: boolean, seed = 1): LayoutVerdict => {
    const moments = metered(unevenMoments(seed));
    return both(readingsOf(moments, mutation), moments, modbus);
  };
  const pairScaleOf = ({ scales }: LayoutVerdict): ScaleVerdict | undefined =>
    scales.find(({ member }) => member === 'pairScale');
  const energyScaleOf = ({ scales }: LayoutVerdict): ScaleVerdict | undefined =>
    scales.find(({ assembly, member }) => assembly === 107 && member === 'scale');

  it('is confirmed by the registers over Modbus, and not by growth alone', () => {
    for (const seed of SEEDS) {
      const proven = judge(() => undefined, true, seed);
      assert.equal(wordOf(proven, 107), 'confirmed');
      assert.equal(pairScaleOf(proven)?.verdict, 'confirmed');
      const grown = judge(() => undefined, false, seed);
      assert.equal(wordOf(grown, 107), 'undecided');
      assert.deepEqual([energyScaleOf(grown)?.verdict, pairScaleOf(grown)?.verdict], ['confirmed', 'undecided']);
    }
  });

  it('catches every exchange of two elements with Modbus, and without it whatever growth or order shows', () => {
    const moments = metered(unevenMoments(2));
    for (const pair of pairsUpTo(18)) {
      const readings = readingsOf(moments, exchange(107, [pair]));
      const values = readings.map(({ blocks }) => blocks.find(({ assembly }) => assembly === 107)?.values ?? {});
      const changed = COUNTER_NAMES.some((name) => {
        const [seen, wanted] = [Number(values.at(-1)?.[name]), Number(moments.at(-1)?.values[name])];
        return Math.abs(seen - wanted) > 1e-6 * wanted + 5_000;
      });
      if (changed) assert.equal(wordOf(both(readings, moments, true), 107), 'contradicted', pair.join(' <-> '));
    }
    const low = (index: number): number => 2 * index + 1;
    const growths = COUNTER_NAMES.map(
      (name) => Number(moments.at(-1)?.values[name]) - Number(moments[0]?.values[name]),
    );
    for (const pair of pairsUpTo(4)) {
      const [first, second] = pair.map((index) => growths[index] ?? 0) as [number, number];
      if (Math.max(first, second) < 1.4 * Math.min(first, second)) continue;
      const readings = readingsOf(moments, exchange(107, [[low(pair[0]), low(pair[1])]]));
      assert.equal(wordOf(both(readings, moments, false), 107), 'contradicted', `low elements of ${pair.join(', ')}`);
    }
  });

  it('catches halves that are exchanged, Wh and MWh', () => {
    const halves = Array.from({ length: 9 }, (_, index) => [2 * index, 2 * index + 1] as const);
    const low = halves.map(([, second]) => second).slice(0, 8);
    for (const seed of SEEDS) {
      assert.equal(wordOf(judge(exchange(107, halves), false, seed), 107), 'contradicted');
      for (const pair of halves.slice(0, 8)) {
        assert.equal(wordOf(judge(exchange(107, [pair]), false, seed), 107), 'contradicted', pair.join());
      }
      const wattHours = judge(multiply(107, low, 1000), false, seed);
      assert.equal(wordOf(wattHours, 107), 'contradicted');
      assert.equal(energyScaleOf(wattHours)?.suggestion, 1);
      assert.equal(wordOf(judge(multiply(107, low, 0.001), false, seed), 107), 'contradicted');
    }
  });

  it('finds the pair scale: small ones from the values, every one with Modbus', () => {
    for (const seed of SEEDS) {
      for (const pairScale of [1e3, 1e4, 1e5, 1e7]) {
        const proven = pairScaleOf(judge(repair(pairScale), true, seed));
        assert.deepEqual([proven?.verdict, proven?.suggestion], ['contradicted', pairScale], `${pairScale}`);
        const guessed = pairScaleOf(judge(repair(pairScale), false, seed));
        if (pairScale > 1e6) assert.equal(guessed?.verdict, 'undecided');
        else assert.deepEqual([guessed?.verdict, guessed?.suggestion], ['contradicted', pairScale]);
      }
    }
  });
});

describe('verdict of a layout check', () => {
  it('fits its schema, also with no reading at all', () => {
    const validate = new Ajv().compile(layoutCheckContract(PM500).jsonSchema);
    const moments = metered(unevenMoments(1));
    for (const verdict of [
      checkLayout(PM500, readingsOf(moments)),
      checkLayout(PM500, readingsOf(moments, exchange(101, [[0, 8]])), { wiring: '1P' }),
      checkLayout(PM500, []),
    ]) {
      assert.ok(validate(JSON.parse(JSON.stringify(verdict))), JSON.stringify(validate.errors));
    }
    assert.equal(checkLayout(PM500, []).verdict, 'undecided');
  });

  it('has German for all that it says, whatever is wrong', () => {
    const moments = metered(unevenMoments(1));
    const seen = new Set<string>();
    const cases: readonly (readonly [readonly Reading[], LayoutCheckOptions?])[] = [
      [[]],
      [readingsOf(moments)],
      [readingsOf(moments), { wiring: '1P' }],
      [only(readingsOf(moments), [107])],
      [readingsOf(moments, exchange(101, [[0, 8]])), { wiring: '3PN' }],
      [readingsOf(moments, exchange(102, [[0, 9]]))],
      [readingsOf(moments, exchange(107, [[0, 1]]))],
      [readingsOf(moments, multiply(102, [0, 1, 2, 3], 1e-3))],
      [readingsOf(moments, multiply(107, [0, 1], 10))],
    ];
    for (const [readings, options] of cases) {
      const check = new LayoutCheck(PM500, options);
      for (const reading of readings) check.accept(reading);
      const told = check.told();
      assert.deepEqual(withoutGerman(told), []);
      for (const { elements } of told.assemblies)
        for (const { evidence } of elements) for (const { key } of evidence) seen.add(key);
    }
    for (const key of ['layoutRelation.holds', 'layoutRelation.broken', 'layout.exchanged', 'layout.notMeasured'])
      assert.ok(seen.has(key), `${key} is in none of ${[...seen].join(', ')}`);
  });

  it('does not confirm phases that a balanced load does not tell apart', () => {
    const moments = metered(
      unevenMoments(1).map(({ timestamp, values }) => ({
        timestamp,
        values: Object.fromEntries(
          Object.entries(values).map(([name, value]) => [
            name,
            /^voltage_(l\d_n|ln_avg)$/.test(name)
              ? 230
              : /^voltage_(l\d_l\d|ll_avg)$/.test(name)
                ? 230 * Math.sqrt(3)
                : value,
          ]),
        ),
      })),
    );
    const verdict = checkLayout(PM500, only(readingsOf(moments), [101]));
    const element = verdict.assemblies
      .flatMap(({ elements }) => elements)
      .find(({ metric }) => metric === 'voltage_l1_n');
    assert.equal(element?.verdict, 'undecided');
    assert.ok(element.alternatives.includes('voltage_l2_n') && !element.alternatives.includes('voltage_l1_l2'));
  });

  it('contradicts a configured wiring whose voltages are not there', () => {
    const readings = readingsOf(metered(unevenMoments(1), '1P'));
    const verdict = checkLayout(PM500, readings, { wiring: '3PN' });
    assert.deepEqual([verdict.wiring.verdict, verdict.verdict], ['contradicted', 'contradicted']);
    assert.match(verdict.wiring.evidence, /^Configured is 3PN, but voltage_l2_n.* look like 1P\.$/);
  });

  it('is decided by three readings at least, and by failed ones not at all', () => {
    const readings = readingsOf(metered(unevenMoments(1)), exchange(101, [[0, 8]]));
    assert.equal(checkLayout(PM500, readings.slice(0, 2)).verdict, 'undecided');
    assert.equal(checkLayout(PM500, readings.slice(0, 3)).verdict, 'contradicted');
    const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
    const failed = readings.map((reading) => ({
      ...reading,
      blocks: reading.blocks.map((block) => ({ ...block, values: {}, error })),
    }));
    assert.deepEqual([checkLayout(PM500, failed).verdict, checkLayout(PM500, failed).readings], ['undecided', 0]);
  });
});

function readingOf(meter: SimulatedMeter, timestamp: number): Reading {
  return {
    schema: READING_SCHEMA,
    meter: { name: 'sim', host: '127.0.0.1', tags: {} },
    layout: { name: LAYOUT.name, confirmed: false },
    timestamp,
    blocks: [...LAYOUT.blocks.values()].map((plan) => {
      const bytes = meter.read(plan.instance) ?? new Uint8Array();
      const { group, instance: assembly, provenance } = plan;
      return { assembly, group, timestamp, latencyMs: 1, provenance, ...decodeBlock(plan, bytes) };
    }),
  };
}
