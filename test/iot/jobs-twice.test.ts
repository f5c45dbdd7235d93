import assert from 'node:assert/strict';
import { seededRandom } from '../../src/support/random';
import { EdgeLives, THING, type Peril } from '../../testkit/aws-iot/edge-lives';
import { Services } from '../../testkit/aws-iot/services';

const ROTATE = { operation: 'rotate-certificate' };
const STILL = { renews: false, isByHand: false };
const MOST_LIVES = 60;

/** An edge with its first certificate, which counts what the cloud makes. */
async function enrolled(): Promise<{ readonly edge: EdgeLives; readonly services: Services }> {
  const services = new Services();
  const edge = new EdgeLives(services);
  await edge.live(STILL);
  assert.equal(edge.state?.current?.number, 1);
  return { edge, services };
}

/** Runs the program until it has nothing to do, whatever ends a life early. */
async function live({ edge, services }: { edge: EdgeLives; services: Services }): Promise<void> {
  for (let life = 0; life < MOST_LIVES; life++) {
    try {
      await edge.live(STILL, true);
    } catch {
      // The next life goes on.
    }
    assert.ok(edge.canConnect);
    const { next, job } = edge.state ?? {};
    if (next === undefined && job === undefined && services.jobs.next(THING) === undefined) return;
  }
  assert.fail(`nothing comes to its end: ${JSON.stringify(edge.state)}`);
}

/** The answer to the question for the next job as it is now, given again later. */
function repeatNext({ jobs }: Services): () => void {
  const kept = structuredClone(jobs.get(THING, '$next'));
  const get = jobs.get.bind(jobs);
  jobs.get = (thing, jobId) => (jobId === '$next' ? kept : get(thing, jobId));
  return () => {
    jobs.get = get;
  };
}

describe('a job document that is given twice', () => {
  it('as one job has one certificate made', async () => {
    const one = await enrolled();
    one.services.jobs.create(THING, 'renew', ROTATE);
    const end = repeatNext(one.services);
    await one.edge.live(STILL, true);
    assert.equal(one.edge.state?.current?.number, 2);
    // The cloud tells of the job once more as if nothing had been done, before and after a restart.
    for (let life = 0; life < 3; life++) await one.edge.live(STILL, true);
    end();
    await one.edge.live(STILL, true);
    assert.deepEqual([one.edge.state.current.number, one.edge.state.newest], [2, 2]);
    assert.equal(one.services.jobs.executions[0]?.status, 'SUCCEEDED');
  });

  it('has one made also where it is given again while the first is at work, in a life killed at each point', async () => {
    const calm = await enrolled();
    const first = calm.edge.points;
    calm.services.jobs.create(THING, 'renew', ROTATE);
    await live(calm);
    for (let at = first; at < calm.edge.points; at++) {
      const one = await enrolled();
      one.edge.peril = (point): Peril | undefined => (point === at ? 'kill' : undefined);
      one.services.jobs.create(THING, 'renew', ROTATE);
      await live(one);
      assert.deepEqual([one.edge.state?.current?.number, one.edge.state?.newest], [2, 2], `killed at ${at}`);
      const end = repeatNext(one.services);
      await one.edge.live(STILL, true);
      end();
      assert.equal(one.edge.state?.newest, 2);
    }
  });

  it('as an old job after a newer one asks for nothing', async () => {
    const one = await enrolled();
    one.services.jobs.create(THING, 'old', ROTATE);
    const end = repeatNext(one.services);
    await one.edge.live(STILL, true);
    end();
    one.services.jobs.create(THING, 'new', ROTATE);
    await live(one);
    assert.equal(one.edge.state?.newest, 3);
    const [old] = one.services.jobs.executions;
    const kept = { jobId: 'old', jobDocument: ROTATE, status: 'IN_PROGRESS', versionNumber: old?.version };
    one.services.jobs.get = () => ({ execution: kept });
    await one.edge.live(STILL, true);
    assert.equal(one.edge.state.newest, 3, 'also with the version that it has now');
    assert.equal(old?.status, 'SUCCEEDED');
  });

  it('as two jobs is done twice, one after the other, and both are reported, under perils at random', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const one = await enrolled();
      const perils: readonly Peril[] = ['kill', 'cut', 'full'];
      one.edge.peril = () => (random() < 0.05 ? perils[Math.floor(random() * 3)] : undefined);
      one.services.jobs.create(THING, 'first', ROTATE);
      // The second comes while the first is at work.
      one.edge.look = () => {
        if (one.edge.state?.next === undefined || one.services.jobs.executions.length > 1) return;
        one.services.jobs.create(THING, 'second', ROTATE);
      };
      await live(one);
      const { executions } = one.services.jobs;
      assert.deepEqual(
        executions.map(({ status }) => status),
        ['SUCCEEDED', 'SUCCEEDED'],
      );
      assert.deepEqual(
        one.services.account.activeOf(THING).map(({ id }) => id),
        [one.edge.state?.current?.certificateId],
      );
    }
  });
});
