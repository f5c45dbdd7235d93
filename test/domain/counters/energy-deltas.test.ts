import assert from 'node:assert/strict';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { EnergyDeltas } from '../../../src/domain/counters/energy-deltas';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { encodeBlock } from '../../../src/domain/codec/encode';
import { QUALITY_REASONS, type CounterReason } from '../../../src/domain/quality/quality';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { CATALOG } from '../../../src/metrics/catalog';
import { DERIVED_METRICS, deltaMetricOf, ENERGY_COUNTERS } from '../../../src/metrics/derived-metrics';
import { seededRandom, type Random } from '../../../src/support/random';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { PM500 } from '../../../src/meters/pm500';

const COUNTER = 'active_energy_import_total';
const DELTA = deltaMetricOf(COUNTER);
const START = Date.UTC(2026, 0, 5);
/** The largest value of a counter, and the one after which it begins anew. */
const LARGEST = CATALOG.find(({ name }) => name === COUNTER)!.rollover!;
const SETTINGS = { counters: [COUNTER], maxPower: 3_600_000, maxGapMs: 60_000 };

/** Seconds after the start, and what the counter shows. */
type Readings = readonly (readonly [
  seconds: number,
  value: number | null,
  serial?: number,
  change?: Partial<Sample>,
])[];

/** The delta after each reading; undefined where there is none. */
function run(readings: Readings, settings = SETTINGS): (Sample | undefined)[] {
  const deltas = new EnergyDeltas(settings);
  return readings.map(([seconds, value, serial, change]) => {
    const out: Record<string, Sample> = {};
    deltas.update(telemetryOf(START + seconds * 1000, { [COUNTER]: value }, serial, change), out);
    return out[DELTA];
  });
}

const facts = (sample: Sample | undefined): unknown => [sample?.value, sample?.quality, sample?.reason];

/** How every reason of a counter comes about: the last delta of each. */
const CASES: Readonly<
  Record<
    Exclude<CounterReason, 'counter_answered' | 'counter_corrected'>,
    { readonly readings: Readings; readonly value: number | null }
  >
> = {
  counter_started: { readings: [[0, 500]], value: null },
  counter_gap: {
    readings: [
      [0, 500],
      [61, 900],
    ],
    value: 400,
  },
  counter_rollover: {
    readings: [
      [0, LARGEST],
      [10, 300],
    ],
    value: 400,
  },
  counter_suspect: {
    readings: [
      [0, 5e9],
      [10, 100],
    ],
    value: null,
  },
  counter_unconfirmed: {
    readings: [
      [0, 5e9],
      [10, 9e9],
      [20, 9e9 + 10],
      [30, 9e9 + 20],
    ],
    value: null,
  },
  counter_reset: {
    readings: [
      [0, 5e9],
      [10, 100],
      [20, 300],
    ],
    value: 300,
  },
  counter_replaced: {
    readings: [
      [0, 5e9, 940_000_001],
      [10, 5e9, 940_000_002],
    ],
    value: null,
  },
};

describe('energy deltas', () => {
  it('give every reason its case, and only what is uncertain keeps its value', () => {
    for (const [reason, { readings, value }] of Object.entries(CASES)) {
      const { quality } = QUALITY_REASONS[reason as CounterReason];
      assert.deepEqual(facts(run(readings).at(-1)), [value, quality, reason]);
    }
  });

  it('are differences in whole Wh, with the time that they cover', () => {
    const [, second, third] = run([
      [0, 1000.4],
      [5, 1500.4],
      [15, 1500.6],
    ]);
    assert.deepEqual([second!.value, second!.quality, second!.spanMs], [500, 'good', 5000]);
    assert.deepEqual([third!.value, third!.spanMs, third!.unit], [1, 10_000, 'Wh']);
  });

  it('keep what a bad reading hides for the next good one, and carry its reason', () => {
    const [, bad, good] = run([
      [0, 1000],
      [5, null],
      [10, 1600],
    ]);
    assert.deepEqual(facts(bad), [null, 'bad', 'read_failed']);
    assert.deepEqual([good!.value, good!.spanMs], [600, 10_000]);
  });

  it('are uncertain when one of both readings is, and do not count from a doubtful time', () => {
    const assumed = { quality: 'uncertain', reason: 'layout_assumed', provenance: 'assumed' } as const;
    const [, first, second, third] = run([
      [0, 1000, 1, assumed],
      [5, 1001],
      [9, 1002],
      [10, 1003],
    ]);
    assert.deepEqual(facts(first), [1, 'uncertain', 'layout_assumed']);
    assert.deepEqual([second!.quality, second!.provenance, third!.quality], ['good', 'verified', 'good']);
    const late = { quality: 'uncertain', reason: 'clock_doubtful' } as const;
    const [, doubtful, next] = run([
      [0, 1000],
      [9e6, 1200, 1, late],
      [5, 1300],
    ]);
    assert.deepEqual([facts(doubtful), next!.value], [[null, 'bad', 'clock_doubtful'], 300]);
  });

  it('count a reading once that comes twice, and nothing for one that is older', () => {
    assert.deepEqual(
      run([
        [0, 1000],
        [5, 1500],
        [5, 1500],
        [3, 1300],
        [9, 1600],
      ]).map((delta) => delta?.value),
      [null, 500, undefined, undefined, 100],
    );
  });

  it('do not believe one wrong reading, whether zero or far ahead', () => {
    for (const wrong of [0, 17, 9e12]) {
      const deltas = run([
        [0, 5e9],
        [5, wrong],
        [10, 5e9 + 800],
      ]);
      assert.deepEqual(facts(deltas[1]), [null, 'bad', 'counter_suspect']);
      assert.deepEqual(facts(deltas[2]), [800, 'good', undefined], `after ${wrong}`);
    }
  });

  it('take a drop that is smaller than a step of a REAL for no movement, where REALs have such steps', () => {
    const deltas = run([
      [0, 900_000_050_000],
      [5, 900_000_049_960],
      [10, 900_000_050_100],
    ]);
    assert.deepEqual(
      deltas.map((delta) => delta?.value),
      [null, 0, 100],
    );
  });

  it('add up to the difference of the readings when nothing happens to the counter, from any place, without an error', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 200; round++) {
      let value = Math.floor(random() * (LARGEST - 2e9));
      const first = value;
      // Up to 600 MW: a load that large must be known, or a person is asked.
      const deltas = new EnergyDeltas({ counters: [COUNTER], maxPower: 1e9 });
      let sum = 0;
      for (let step = 0; step < 50; step++) {
        const out: Record<string, Sample> = {};
        deltas.update(telemetryOf(START + step * 60_000, { [COUNTER]: value }), out);
        sum += Number(out[DELTA]?.value ?? 0);
        if (step < 49) value += Math.floor(random() * 1e7);
      }
      assert.equal(sum, value - first);
    }
  });

  it('are exact to 1 Wh up to the largest value of the counter, through Wh and kWh alike', () => {
    const random = seededRandom(12);
    assert.ok(Number.isSafeInteger(10 * LARGEST));
    for (let round = 0; round < 20_000; round++) {
      const value = LARGEST - 1000 - Math.floor(random() ** 4 * 9e12);
      const added = Math.floor(random() * 1000);
      // What a scale of 1000 makes of kWh with three decimals.
      const [from, to] = [(value / 1000) * 1000, ((value + added) / 1000) * 1000];
      assert.equal(
        run([
          [0, from],
          [10, to],
        ])[1]!.value,
        added,
      );
    }
  });

  it('are as exact through the pair of REALs as its low half: 1 Wh below 16 384 kWh, 63 Wh below 1 000 000 kWh', () => {
    const plan = workingLayout(PM500).blocks.get(107)!;
    const through = (value: number): number =>
      Math.round(Number(decodeBlock(plan, encodeBlock(plan, { [COUNTER]: value })).values[COUNTER]));
    const random = seededRandom(13);
    const worst = { fine: 0, coarse: 0 };
    for (let round = 0; round < 20_000; round++) {
      const high = Math.floor(random() * 9999) * 1e9;
      const fine = high + Math.floor(random() * 16_384_000);
      const coarse = high + Math.floor(random() * 1e9);
      worst.fine = Math.max(worst.fine, Math.abs(through(fine) - fine));
      worst.coarse = Math.max(worst.coarse, Math.abs(through(coarse) - coarse));
    }
    assert.equal(worst.fine, 0);
    assert.ok(worst.coarse > 25 && worst.coarse <= 32, `half a step of 62.5 Wh: ${worst.coarse}`);
  });

  it('go on after a restart at any moment as if nothing had happened, whatever the counter does', () => {
    for (let seed = 0; seed < 300; seed++) {
      const readings = wildReadings(seededRandom(seed));
      const whole = replay(readings, -1);
      const cut = Math.floor(seededRandom(seed + 1000)() * readings.length);
      assert.deepEqual(replay(readings, cut), whole, `seed ${seed}, restart before reading ${cut}`);
      for (const { value } of whole.filter((delta) => delta !== undefined)) {
        assert.ok(
          value === null || (typeof value === 'number' && value >= 0 && Number.isInteger(value)),
          `seed ${seed}`,
        );
      }
    }
  });

  it('start anew from a state that is none', () => {
    const broken = [null, 7, 'x', [], {}, { format: 'pm500.counters/1' }, { format: 'pm500.counters/1', counters: 3 }];
    const entries = [null, {}, { standing: { value: -1, timestamp: 3 } }, { standing: { value: 1.5, timestamp: 3 } }];
    const states = [
      ...broken,
      ...entries.map((entry) => ({ format: 'pm500.counters/1', counters: { [COUNTER]: entry } })),
    ];
    for (const state of states) {
      const out: Record<string, Sample> = {};
      new EnergyDeltas(SETTINGS, state).update(telemetryOf(START, { [COUNTER]: 5 }), out);
      assert.equal(out[DELTA]?.reason, 'counter_started', JSON.stringify(state));
    }
  });
});

/** Load, resets, rollovers, wrong, bad, late and doubled readings, and other meters, at random. */
function wildReadings(random: Random): Readings {
  const readings: (readonly [number, number | null, number?])[] = [];
  let [seconds, value, serial] = [0, Math.floor(LARGEST - random() * 1e6), 940_000_001];
  for (let step = 0; step < 60; step++) {
    const dice = random();
    seconds += dice < 0.05 ? -Math.floor(random() * 20) : dice < 0.1 ? 0 : Math.floor(random() * 40);
    value += Math.floor(random() * 5000);
    if (value > LARGEST) value -= LARGEST + 100;
    if (random() < 0.05) value = Math.floor(random() * 100);
    if (random() < 0.03) serial += 1;
    const wrong = random() < 0.05;
    readings.push([seconds, random() < 0.05 ? null : wrong ? Math.floor(random() * LARGEST) : value, serial]);
  }
  return readings;
}

function replay(readings: Readings, restartBefore: number): (Sample | undefined)[] {
  let deltas = new EnergyDeltas(SETTINGS);
  return readings.map(([seconds, value, serial], index) => {
    if (index === restartBefore) deltas = new EnergyDeltas(SETTINGS, JSON.parse(JSON.stringify(deltas.state())));
    const out: Record<string, Sample> = {};
    deltas.update(telemetryOf(START + seconds * 1000, { [COUNTER]: value }, serial), out);
    return out[DELTA];
  });
}

describe('derived metrics', () => {
  it('have unique names and labels, beside those of the catalog', () => {
    const all = [...CATALOG, ...DERIVED_METRICS];
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    assert.equal(new Set(all.map(({ label }) => label)).size, all.length);
    for (const { name } of DERIVED_METRICS) assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  });

  it('have a delta in the unit of each of the eight energy counters', () => {
    assert.equal(ENERGY_COUNTERS.length, 8);
    for (const { name, unit } of ENERGY_COUNTERS) {
      const delta = DERIVED_METRICS.find((metric) => metric.name === deltaMetricOf(name));
      assert.deepEqual([delta?.unit, delta?.statistic], [unit, 'delta'], name);
    }
  });
});
