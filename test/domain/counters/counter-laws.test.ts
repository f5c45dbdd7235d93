import assert from 'node:assert/strict';
import { EnergyDeltas, type EnergyDeltasSettings } from '../../../src/domain/counters/energy-deltas';
import { COUNTER_ANSWERS } from '../../../src/domain/counters/track';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { CATALOG } from '../../../src/metrics/catalog';
import { deltaMetricOf } from '../../../src/metrics/derived-metrics';
import { seededRandom, type Random } from '../../../src/support/random';
import { telemetryOf } from '../../../testkit/meters/telemetry';

const COUNTER = 'active_energy_import_total';
const DELTA = deltaMetricOf(COUNTER);
const START = Date.UTC(2026, 0, 5);
const LARGEST = CATALOG.find(({ name }) => name === COUNTER)!.rollover!;
const STEP_S = 10;
const POWER_W = 100_000;
/** Where a kind of meter stands when it is first read, Wh. */
const BEGINNINGS = [0, 5_000, 20_000_000, 4_000_000_000, LARGEST - 40_000];
/** How a bound comes about. */
const BOUNDS: Readonly<Record<string, { readonly settings: EnergyDeltasSettings; readonly shows: boolean }>> = {
  'a rated power': { settings: { maxPower: 1_000_000 }, shows: false },
  'the power that the meter shows': { settings: {}, shows: true },
  'nothing but its counters': { settings: {}, shows: false },
};

/** A load that wanders below its power, and what really flowed. */
class Load {
  trueWh = 0;
  powerW: number;
  private share = 0.5;

  constructor(private readonly random: Random) {
    this.powerW = POWER_W * this.share;
  }

  pass(seconds: number): void {
    this.share = Math.min(1, Math.max(0.2, this.share + 0.3 * (this.random() - 0.5)));
    this.powerW = POWER_W * this.share;
    this.trueWh += (this.powerW * seconds) / 3600;
  }
}

/** What a meter shows instead of the truth: for some readings, or from now on by another beginning. */
interface Disturbance {
  readonly name: string;
  readonly shown?: (random: Random) => readonly ((real: number) => number | null)[];
  readonly offset?: (real: number) => number;
}
type Change = (real: number) => number | null;
const some = (random: Random, change: Change): readonly Change[] =>
  Array.from({ length: 1 + Math.floor(4 * random()) }, () => change);
const zero: Change = () => 0;
const same: Change = (real) => real;
const high: Change = (real) => real + 9_113_000;
const DISTURBANCES: readonly Disturbance[] = [
  { name: 'zeros', shown: (random) => some(random, zero) },
  { name: 'a spike', shown: () => [high] },
  { name: 'spikes that agree', shown: (random) => some(random, high) },
  { name: 'alternating', shown: () => [high, same, high, same, high] },
  { name: 'a high bit', shown: (random) => flipped(22 + Math.floor(20 * random())) },
  { name: 'a low bit', shown: (random) => flipped(Math.floor(13 * random())) },
  { name: 'not a number', shown: (random) => some(random, () => null) },
  { name: 'kWh shown as Wh', shown: (random) => some(random, (real) => Math.floor(real / 1000)) },
  { name: 'kWh shown as Wh from now on', offset: (real) => Math.floor(real / 1000) - real },
  { name: 'state lost at power-off', offset: () => -5_000 },
  { name: 'another meter, higher', offset: () => 4_000_000 },
  { name: 'another meter, lower', offset: () => -4_000_000 },
  { name: 'another ratio', offset: (real) => Math.floor(real * 0.5) + 100_000 },
  { name: 'a reset', offset: (real) => -real },
];

function flipped(bit: number): readonly Change[] {
  return [(real) => flip(real, bit)];
}

function flip(value: number, bit: number): number {
  const mask = 2 ** bit;
  return Math.floor(value / mask) % 2 === 1 ? value - mask : value + mask;
}

interface Run {
  readonly random: Random;
  readonly beginning: number;
  readonly bound: (typeof BOUNDS)[string];
  readonly disturbance: (index: number) => Disturbance | undefined;
  readonly steps: number;
  readonly answers: boolean;
  readonly visit: (delta: Sample, load: Load, atMs: number) => void;
}

/** Reads a meter for some time; the counter is that of a meter of whole Wh. */
function read({ random, beginning, bound, disturbance, steps, answers, visit }: Run): {
  readonly load: Load;
  readonly deltas: EnergyDeltas;
} {
  const load = new Load(random);
  let deltas = new EnergyDeltas(bound.settings);
  let offset = beginning;
  let queue: Change[] = [];
  for (let index = 0; index < steps; index++) {
    load.pass(STEP_S);
    const real = (): number => Math.max(0, offset + Math.floor(load.trueWh)) % (LARGEST + 100);
    const now = disturbance(index);
    if (now?.shown !== undefined) queue = [...now.shown(random)];
    if (now?.offset !== undefined) offset = Math.max(-Math.floor(load.trueWh), offset + now.offset(real()));
    const value = (queue.shift() ?? same)(real());
    const atMs = START + index * STEP_S * 1000;
    const out: Record<string, Sample> = {};
    const power = bound.shows ? { active_power_total: load.powerW } : {};
    if (random() < 0.02) deltas = new EnergyDeltas(bound.settings, JSON.parse(JSON.stringify(deltas.state())));
    deltas.update(telemetryOf(atMs, { [COUNTER]: value, ...power }), out);
    if (answers && deltas.questions.length > 0 && random() < 0.2) {
      deltas.answer(COUNTER_ANSWERS[Math.floor(random() * 2)]!, atMs);
    }
    if (out[DELTA] !== undefined) visit(out[DELTA], load, atMs);
  }
  return { load, deltas };
}

/** What one wrong value that a load could have caused may add: 15 s of the highest bound, and what a counter may leap. */
const ONE_STEP_WH = (15 * 1_000_000) / 3600 + 250;

describe('the law of counters', () => {
  for (const [name, bound] of Object.entries(BOUNDS)) {
    it(`with a bound from ${name}: good deltas never add up to more than flowed, whatever is read`, () => {
      for (let seed = 0; seed < 120; seed++) {
        const random = seededRandom(seed);
        let good = 0;
        let events = '';
        const { load } = read({
          random,
          bound,
          beginning: BEGINNINGS[seed % BEGINNINGS.length]!,
          steps: 300,
          answers: seed % 2 === 0,
          disturbance: (index) => {
            if (index < 8 || random() > 0.05) return undefined;
            const one = DISTURBANCES[Math.floor(random() * DISTURBANCES.length)]!;
            events += `${index} ${one.name}; `;
            return one;
          },
          visit: (delta, { trueWh }, atMs) => {
            assert.ok(delta.value === null || Number(delta.value) >= 0);
            if (delta.quality !== 'good') return;
            good += Number(delta.value);
            assert.ok(
              good <= trueWh + ONE_STEP_WH,
              `seed ${seed}: ${good} Wh are good where ${trueWh} flowed, ${(atMs - START) / 10_000}: ${events}`,
            );
          },
        });
        assert.ok(load.trueWh > 0);
      }
    });
  }

  for (const disturbance of DISTURBANCES) {
    it(`${disturbance.name}: comes and goes without a wrong value that is good, and counting goes on`, () => {
      for (const [name, bound] of Object.entries(BOUNDS)) {
        for (const beginning of BEGINNINGS) {
          for (const answers of [true, false]) {
            const random = seededRandom(beginning % 97);
            let lastTrue = 0;
            let last: Sample | undefined;
            const { deltas } = read({
              random,
              bound,
              beginning,
              steps: 120,
              answers,
              disturbance: (index) => (index === 40 ? disturbance : undefined),
              visit: (delta, load, atMs) => {
                last = delta;
                const what = `${name}, from ${beginning}, reading ${(atMs - START) / 10_000}`;
                if (delta.quality === 'good') {
                  const flowed = load.trueWh - trueAt(delta, atMs);
                  assert.ok(
                    Number(delta.value) - flowed <= 251 || disturbance.name === 'a low bit',
                    `${what}: ${String(delta.value)} for ${flowed}`,
                  );
                }
                seen.set(atMs, load.trueWh);
                lastTrue = load.trueWh;
              },
            });
            assert.ok(lastTrue > 0);
            const isOpen = deltas.questions.length > 0;
            assert.equal(last?.quality === 'bad', isOpen, `${name}, from ${beginning}: ${JSON.stringify(last)}`);
          }
        }
      }
    });
  }

  const seen = new Map<number, number>();
  /** What had flowed when the delta began. */
  function trueAt({ spanMs = 0 }: Sample, atMs: number): number {
    return seen.get(atMs - spanMs) ?? 0;
  }
});
