import { strict as assert } from 'node:assert';
import { startPipeline, type Pipeline } from '../support/pipeline';
import { listFlows } from '../support/reference-flows';
import { waitFor } from '../support/wait';

/** What a flow file may contain beside the types that nodes register. */
const STRUCTURAL_TYPES = ['tab', 'group', 'subflow'];

describe('examples in Node-RED', () => {
  let pipeline: Pipeline;
  let types: readonly string[];

  before(async () => {
    pipeline = await startPipeline();
    types = (await pipeline.nodeRed.admin.nodes()).flatMap((set) => set.types).concat(STRUCTURAL_TYPES);
  });

  after(async () => {
    await pipeline.stop();
  });

  it('are all that the package offers under Import > Examples', async () => {
    const listed = await pipeline.nodeRed.admin.get('library/examples/flows/@pm500/node-red-powermonitor');
    for (const name of listFlows('examples').filter((path) => !path.includes('/'))) {
      assert.ok(listed.includes(name.replace(/\.json$/, '')), name);
    }
    assert.ok(listed.includes('reference-flows'));
  });

  for (const name of listFlows('examples')) {
    it(`${name} has only types that exist, and deploys without an error`, async () => {
      const { admin, process } = pipeline.nodeRed;
      const flow = await pipeline.flow('examples', name);
      const unknown = flow.map(({ type }) => type).filter((type) => !types.includes(type));
      assert.deepEqual(unknown, []);
      assert.ok(
        flow.some(({ type, info }) => type === 'comment' || (typeof info === 'string' && info !== '')),
        'explains itself',
      );
      const before = process.output().length;
      await admin.deploy(flow);
      const written = await waitFor('the start of the flow', () => {
        const text = process.output().slice(before);
        return text.includes('Started flows') && text;
      });
      assert.doesNotMatch(written, /\[error\]|missing types|Flows stopped/i);
    });
  }
});
