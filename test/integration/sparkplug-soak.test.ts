import assert from 'node:assert/strict';
import { FAULTS } from '../soak/sparkplug/faults';
import { Plant, VARIANTS } from '../soak/sparkplug/plant';

/** PM500_SOAK_SECONDS=1800 for the long form. */
const SECONDS = Number(process.env['PM500_SOAK_SECONDS'] ?? 20);
/** In the short form all variants together go through every fault. */
const LEAST_FAULTS = Math.ceil(FAULTS.length / VARIANTS.length);
/** A fault and what has to catch up after it, on a busy machine. */
const LONGEST_FAULT_MS = 120_000;

interface Outcome {
  readonly plant: Plant;
  readonly faults: string[];
}

/** Goes through the faults, each variant beginning with another one, until time is up. */
async function disturb({ plant, faults }: Outcome, variant: number, until: number): Promise<void> {
  const { judge, edge } = plant;
  await plant.settle();
  for (let index = 0; index < LEAST_FAULTS || performance.now() < until; index++) {
    const fault = FAULTS[(variant * LEAST_FAULTS + index) % FAULTS.length]!;
    const before = judge.complaints.length;
    try {
      await fault.run(plant);
      await plant.settle();
    } catch (thrown) {
      judge.complain(thrown instanceof Error ? thrown.message : String(thrown));
    }
    faults.push(fault.name);
    for (let found = before; found < judge.complaints.length; found++) {
      judge.complaints[found] = `after "${fault.name}": ${judge.complaints[found] ?? ''}`;
      if (process.env['PM500_SOAK_SECONDS'] !== undefined)
        console.log(`${plant.variant.name}, ${judge.complaints[found]}`);
    }
    if (edge.hasFallen) return;
  }
  judge.checkTimes();
}

function report({ plant: { variant, judge, wire }, faults }: Outcome): string {
  const { NBIRTH = 0, DBIRTH = 0, DDATA = 0, NDEATH = 0 } = judge.counts;
  const { all, again } = judge.historical;
  return `${variant.name}: ${faults.length} faults, ${wire.connects} CONNECT, ${NBIRTH} NBIRTH, ${NDEATH} NDEATH, ${DBIRTH} DBIRTH, ${DDATA} DDATA, ${judge.acknowledged} values acknowledged, ${judge.missing().length} missing, ${all} historical (${again} of them again), ${judge.complaints.length} complaints`;
}

describe('a soak of Sparkplug edge nodes', () => {
  it('in every variant survives every fault: no rule is broken, no acknowledged value lost, none twice as a present one', async function () {
    this.timeout(1000 * SECONDS + (LEAST_FAULTS + 1) * LONGEST_FAULT_MS);
    const plants = await Promise.all(VARIANTS.map((variant) => Plant.open(variant)));
    const outcomes = plants.map((plant): Outcome => ({ plant, faults: [] }));
    try {
      const until = performance.now() + 1000 * SECONDS;
      await Promise.all(outcomes.map((outcome, variant) => disturb(outcome, variant, until)));
      if (process.env['PM500_SOAK_SECONDS'] !== undefined) console.log(outcomes.map(report).join('\n'));
      for (const { plant } of outcomes) assert.deepEqual(plant.judge.complaints, [], plant.variant.name);
      const seen = new Set(outcomes.flatMap(({ faults }) => faults));
      assert.deepEqual([...seen].sort(), FAULTS.map(({ name }) => name).sort());
    } finally {
      await Promise.all(plants.map((plant) => plant.close()));
    }
  });
});
