import type { EnergyCandidate } from '../../../src/meters/meter-model';
import assert from 'node:assert/strict';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { NormalizerSet } from '../../../src/domain/normalizer/normalizer-set';
import type { NormalizerSettings } from '../../../src/domain/normalizer/settings';
import type { Reading } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { ASSUMED_ENERGY, ENERGY_CANDIDATES } from '../../../src/meters/pm500/energy-candidates';
import {
  countersAt,
  energyReadings,
  layoutWith,
  type Counters,
  type MeteredLoad,
  type Spoil,
} from '../../../testkit/meters/energy-meters';
import { PM500 } from '../../../src/meters/pm500';

const SETTINGS: NormalizerSettings = { model: PM500, energyDeltas: false, alarmRules: [] };
const START = countersAt(20_123_456_000, 3_456_789_000);
const LOAD: MeteredLoad = { activeW: 1e6, reactiveVar: 2e5, seconds: 330, intervalMs: 10_000 };

/** Readings of a meter that sends `served`, read with the layout of `used` that somebody has confirmed. */
function confirmed(
  served: EnergyCandidate,
  used: EnergyCandidate,
  start: Counters = START,
  spoil?: Spoil,
  load: MeteredLoad = LOAD,
): readonly Reading[] {
  const layout = layoutWith(used);
  const plan = layout.blocks.get(107);
  assert.ok(plan !== undefined);
  return energyReadings(served, start, load, spoil).map((reading) => ({
    ...reading,
    layout: { name: layout.name, confirmed: true },
    blocks: reading.blocks.map((block) =>
      block.assembly !== 107
        ? block
        : { ...block, ...decodeBlock(plan, Buffer.from(block.raw ?? '', 'hex')), provenance: plan.provenance },
    ),
  }));
}

/** The import counter of every reading, as the normalizer judges it. */
function judged(readings: readonly Reading[], meters = new NormalizerSet(() => SETTINGS)): readonly Sample[] {
  return readings.flatMap((reading) => {
    const { telemetry } = meters.accept(reading, reading.timestamp);
    return telemetry?.metrics['active_energy_import_total'] ?? [];
  });
}

describe('energy counters whose confirmed layout live data contradict', function () {
  this.timeout(60_000);

  it('stay good where the layout is the one that the meter has, also when they are reset', () => {
    for (const candidate of ENERGY_CANDIDATES) {
      const samples = judged(confirmed(candidate, candidate));
      assert.ok(
        samples.every(({ quality }) => quality === 'good'),
        candidate.name,
      );
      const reset: Spoil = (bytes, moment) => (moment > 20 && moment < 24 ? new Uint8Array(72) : bytes);
      const dipped = judged(confirmed(candidate, candidate, START, reset));
      assert.ok(!dipped.some(({ reason }) => reason === 'layout_contradicted'), candidate.name);
    }
  });

  it('are bad before long where it is another one, whichever', () => {
    for (const served of ENERGY_CANDIDATES) {
      for (const used of ENERGY_CANDIDATES) {
        if (served === used) continue;
        const last = judged(confirmed(served, used)).at(-1);
        assert.equal(last?.quality, 'bad', `${served.name} read as ${used.name}: ${last?.value}`);
      }
    }
  });

  it('are bad within 22 minutes at 100 kW read every 10 s, whichever the two layouts are', () => {
    const load: MeteredLoad = { activeW: 1e5, reactiveVar: 2e4, seconds: 22 * 60, intervalMs: 10_000 };
    for (const served of ENERGY_CANDIDATES) {
      for (const used of ENERGY_CANDIDATES) {
        if (served === used) continue;
        const last = judged(confirmed(served, used, START, undefined, load)).at(-1);
        assert.equal(last?.quality, 'bad', `${served.name} read as ${used.name}`);
      }
    }
  });

  it('are judged anew when another layout is chosen', () => {
    const meters = new NormalizerSet(() => SETTINGS);
    const [served, used] = [ENERGY_CANDIDATES[8], ASSUMED_ENERGY];
    assert.ok(served !== undefined);
    assert.equal(judged(confirmed(served, used), meters).at(-1)?.quality, 'bad');
    const after = judged(confirmed(served, served), meters);
    assert.ok(after.every(({ reason }) => reason !== 'layout_contradicted'));
  });

  it('are good again where what contradicted was a disturbance', () => {
    for (const candidate of ENERGY_CANDIDATES) {
      // Bytes of something else in most of the first reads, as from a faulty gateway.
      const noise: Spoil = (bytes, moment) => (moment < 7 ? new Uint8Array(72).fill(0xa5) : bytes);
      const samples = judged(confirmed(candidate, candidate, START, noise));
      assert.ok(samples.some(({ quality }) => quality !== 'good'));
      assert.equal(samples.at(-1)?.quality, 'good', candidate.name);
    }
  });

  it('stay good through spikes, zeros and another level', () => {
    const higher = countersAt(29_236_456_000, 3_456_789_000);
    for (const candidate of ENERGY_CANDIDATES) {
      const bytesOf = (counters: Counters): Uint8Array => {
        const raw = energyReadings(candidate, counters, LOAD).find(({ blocks }) =>
          blocks.some((b) => b.assembly === 107),
        );
        return Buffer.from(raw?.blocks.find((b) => b.assembly === 107)?.raw ?? '', 'hex');
      };
      const spiked = bytesOf(higher);
      for (const at of [2, 6, 12, 25]) {
        const spike: Spoil = (bytes, moment) => (moment === at ? spiked : bytes);
        const samples = judged(confirmed(candidate, candidate, START, spike));
        assert.ok(!samples.some(({ reason }) => reason === 'layout_contradicted'), `${candidate.name} at ${at}`);
      }
    }
  });

  it('say nothing without load', () => {
    const still = { ...LOAD, activeW: 0, reactiveVar: 0 };
    const readings = energyReadings(ASSUMED_ENERGY, START, still).map((reading) => ({
      ...reading,
      layout: { ...reading.layout, confirmed: true },
    }));
    assert.ok(judged(readings).every(({ quality }) => quality === 'good'));
  });
});
