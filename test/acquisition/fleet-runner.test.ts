import assert from 'node:assert/strict';
import { parseFleetEntries } from '../../src/acquisition/fleet/fleet';
import type { FleetMeter } from '../../src/acquisition/fleet/fleet-row';
import { FleetRunner } from '../../src/acquisition/fleet/fleet-runner';
import { Pm500Error } from '../../src/support/errors';
import { PM500 } from '../../src/meters/pm500';

const meters = (...entries: readonly (readonly [name: string, host: string])[]): readonly FleetMeter[] =>
  parseFleetEntries(
    PM500,
    entries.map(([name, host]) => ({ name, host })),
    'of a test',
    { groups: new Map([['realtime', undefined]]), intervalMs: 1000 },
  ).meters;

function setUp() {
  const log: string[] = [];
  const problems: string[] = [];
  let ending: Promise<void> = Promise.resolve();
  const runner = new FleetRunner(
    ({ name, host }) => {
      if (host === 'refused') throw new Pm500Error('CONFIG_INVALID', `${name} cannot run.`);
      log.push(`+${name}`);
      return {
        name,
        stop: async () => {
          await ending;
          log.push(`-${name}`);
        },
      };
    },
    (_meter, { message }) => problems.push(message),
  );
  return {
    runner,
    log,
    problems,
    hold: () => {
      let release = (): void => undefined;
      ending = new Promise((resolve) => (release = resolve));
      return release;
    },
  };
}

describe('FleetRunner', () => {
  it('starts what is new, stops what is gone, starts anew what changed, and leaves the others alone', async () => {
    const { runner, log } = setUp();
    await runner.apply(meters(['a', '10.0.0.1'], ['b', '10.0.0.2'], ['c', '10.0.0.3']));
    assert.deepEqual(log.splice(0), ['+a', '+b', '+c']);
    const kept = runner.find('a');
    await runner.apply(meters(['d', '10.0.0.4'], ['a', '10.0.0.1'], ['b', '10.0.0.9']));
    assert.deepEqual(log.splice(0), ['-b', '-c', '+d', '+b']);
    assert.equal(runner.find('a'), kept);
    assert.deepEqual(
      runner.members.map(({ name }) => name),
      ['a', 'd', 'b'],
    );
    await runner.stop();
    assert.deepEqual(log.sort(), ['-a', '-b', '-d']);
    await runner.apply(meters(['e', '10.0.0.5']));
    assert.deepEqual(runner.members, []);
  });

  it('a meter that cannot start does not cost the others', async () => {
    const { runner, problems } = setUp();
    await runner.apply(meters(['a', '10.0.0.1'], ['b', 'refused'], ['c', '10.0.0.3']));
    assert.deepEqual(problems, ['b cannot run.']);
    assert.deepEqual(
      runner.members.map(({ name }) => name),
      ['a', 'c'],
    );
    await runner.stop();
  });

  it('frees an address before another meter takes it, and of lists that pile up takes the last', async () => {
    const { runner, log, hold } = setUp();
    await runner.apply(meters(['a', '10.0.0.1']));
    const release = hold();
    const applied = [meters(['b', '10.0.0.1']), meters(['c', '10.0.0.1'])].map((list) => runner.apply(list));
    await Promise.resolve();
    assert.deepEqual(log, ['+a']);
    release();
    await Promise.all(applied);
    assert.deepEqual(log, ['+a', '-a', '+c']);
  });
});
