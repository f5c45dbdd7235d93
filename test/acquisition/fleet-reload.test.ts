import assert from 'node:assert/strict';
import { parseFleetEntries } from '../../src/acquisition/fleet/fleet';
import type { FleetMeter } from '../../src/acquisition/fleet/fleet-row';
import { FleetRunner } from '../../src/acquisition/fleet/fleet-runner';
import { linkKeyOf } from '../../src/acquisition/meter-address';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { seededRandom, type Random } from '../../src/support/random';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { FakeTransport } from '../../testkit/meters/fake-transport';
import { PM500 } from '../../src/meters/pm500';

const INTERVAL_MS = 1000;
const CHANGES = 150;
const POOL = 12;

const upTo = (limit: number, random: Random): number => Math.floor(random() * limit);

/** Meters in memory behind a real registry, real connections and real schedules. */
function setUp(clock: FakeClock) {
  const transports: FakeTransport[] = [];
  const random = seededRandom(5);
  const registry = new MeterRegistry({
    clock,
    random,
    logger: silentLogger,
    createTransport: () => {
      const transport = new FakeTransport();
      for (const { instance, sizeBytes } of ASSEMBLIES) transport.assemblies.set(instance, new Uint8Array(sizeBytes));
      transports.push(transport);
      return transport;
    },
  });
  const read = new Set<string>();
  const runner = new FleetRunner(
    (meter) => {
      const { session, release } = registry.acquire(settingsOf(PM500, meter));
      const nothing = (): void => undefined;
      const poll = new MeterPoll(session, {
        schedules: meter.schedules,
        isScheduled: true,
        address: linkKeyOf(session.settings),
        startWithinMs: INTERVAL_MS,
        clock,
        onReading: (reading) => read.add(reading.meter.name),
        onError: nothing,
        onWait: nothing,
        onBack: nothing,
        onCondition: nothing,
      });
      return {
        stop: async () => {
          await poll.stop();
          await release();
        },
      };
    },
    (_meter, problem) => {
      throw problem;
    },
  );
  return { runner, random, read, open: () => transports.filter(({ state }) => state === 'open').length };
}

const listOf = (names: readonly string[], asset: string): readonly FleetMeter[] =>
  parseFleetEntries(
    PM500,
    names.map((name) => ({ name, host: `10.0.0.${name}`, asset })),
    'of a test',
    { groups: new Map([['realtime', undefined]]), intervalMs: INTERVAL_MS },
  ).meters;

describe('a list of meters that changes again and again', () => {
  it('reads exactly the meters of the last list, and leaves no connection and no timer behind', async () => {
    const clock = new FakeClock();
    const before = clock.pending;
    const { runner, random, read, open } = setUp(clock);
    for (let change = 0; change < CHANGES; change++) {
      const names = Array.from({ length: POOL }, (_, index) => String(index + 1)).filter(() => random() < 0.5);
      // A tag that changes starts the meters anew although their addresses stay.
      const asset = `a${upTo(3, random)}`;
      await runner.apply(listOf(names, asset));
      read.clear();
      // Some lists are in force for less than a cycle, so that meters stop while they connect or are read.
      const isShort = random() < 0.5;
      await clock.advance(isShort ? upTo(300, random) : 2.2 * INTERVAL_MS);
      if (isShort) continue;
      assert.deepEqual([...read].sort(), [...names].sort(), `list ${change}`);
      assert.equal(open(), names.length, `connections after list ${change}`);
    }
    await runner.apply([]);
    await clock.advance(0);
    assert.equal(open(), 0);
    await runner.stop();
    assert.equal(clock.pending, before);
  });
});
