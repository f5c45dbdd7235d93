import assert from 'node:assert/strict';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { WholeMetrics } from '../../../src/domain/normalizer/whole-metrics';
import { sampleOf } from '../../../src/domain/quality/sample';
import { seededRandom } from '../../../src/support/random';
import { sampleReading } from '../../../testkit/meters/readings';
import { pickOne } from '../../../testkit/pick-one';

describe('the metrics of a whole reading', () => {
  it('are those that were read and worked out, and no others, however often what comes changes', () => {
    const random = seededRandom(21);
    const whole = new WholeMetrics();
    const readings = [[100], [107, 108], [100, 101, 102, 103, 104, 105, 106, 107, 108]].map((assemblies) =>
      sampleReading(assemblies, random),
    );
    const sample = (): Sample => sampleOf(random(), 'V', 'good', undefined, 'verified', Math.floor(1e6 * random()));
    const samplesOf = (names: readonly string[]): Record<string, Sample> =>
      Object.fromEntries(names.map((name) => [name, sample()]));
    const sets = [0, 1, 6, 30, 33, 42].map((count) =>
      Array.from({ length: count }, (_, at) => `derived_${at * count}`),
    );
    for (let count = 0; count < 3000; count++) {
      const { blocks } = pickOne(random, readings);
      const read = samplesOf(blocks.flatMap(({ provenance }) => Object.keys(provenance)));
      const derived = samplesOf(random() < 0.9 ? sets[count % 7 === 0 ? 4 : 3]! : pickOne(random, sets));
      const begun = whole.begin(blocks);
      Object.assign(begun.metrics, read);
      Object.assign(begun.derived, derived);
      assert.deepEqual(whole.end(begun), { metrics: { ...read, ...derived }, derived });
    }
  });
});
