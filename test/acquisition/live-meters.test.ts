import assert from 'node:assert/strict';
import { LiveMeters, MOST_LOOKING, type LiveAnswer } from '../../src/acquisition/meter-test/live-meters';
import { LEASE_MS } from '../../src/acquisition/meter-test/look-times';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf, type LinkSettings } from '../../src/acquisition/meter-settings';
import { PM500 } from '../../src/meters/pm500';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { ScriptedTransport } from '../../testkit/meters/scripted-transport';

const CHOICE = { name: 'new', host: '10.0.0.5' };

interface Bench {
  readonly clock: FakeClock;
  readonly registry: MeterRegistry;
  readonly live: LiveMeters;
  readonly transports: ScriptedTransport[];
  readonly settings: LinkSettings[];
  /** Looks while the clock goes on. */
  readonly look: (choice: typeof CHOICE & { transport?: 'listen-only' }, id?: string) => Promise<LiveAnswer>;
}

function setUp(): Bench {
  const clock = new FakeClock();
  const transports: ScriptedTransport[] = [];
  const settings: LinkSettings[] = [];
  const registry = new MeterRegistry({
    clock,
    random: () => 0,
    logger: silentLogger,
    createTransport: (given) => {
      const transport = new ScriptedTransport(clock);
      transports.push(transport);
      settings.push(given);
      return transport;
    },
  });
  let names = 0;
  const live = new LiveMeters({ model: PM500, registry, clock, newId: () => `look-${++names}` });
  const look: Bench['look'] = async (choice, id) => {
    const looking = live.look(choice, id);
    looking.catch(() => undefined);
    await clock.advance(100);
    return looking;
  };
  return { clock, registry, live, transports, settings, look };
}

describe('meters that people look at while a form is open', () => {
  it('are read over one connection without any of the meter, which ends when nobody asks any more', async () => {
    const { clock, live, transports, settings, look } = setUp();
    const choice = { ...CHOICE, transport: 'listen-only' } as const;
    const first = await look(choice);
    assert.ok(first.values.length > 100);
    assert.deepEqual([first.users, first.problems, settings[0]?.transport?.kind], [[], [], 'ucmm']);
    for (let count = 0; count < 10; count++) {
      await clock.advance(1000);
      assert.equal((await look(choice, first.id)).id, first.id);
    }
    assert.deepEqual([transports.length, transports[0]?.opens, live.size], [1, 1, 1]);
    await clock.advance(LEASE_MS + 1000);
    assert.deepEqual([live.size, transports[0]?.state], [0, 'closed']);
    assert.equal(clock.pending, 0);
  });

  it('end at once with the form', async () => {
    const { live, transports, look } = setUp();
    const { id } = await look(CHOICE);
    await live.leave(id);
    await live.leave(id);
    await live.leave('unknown');
    assert.deepEqual([live.size, transports[0]?.state], [0, 'closed']);
  });

  it('are another one once the form says another address, and never two', async () => {
    const { live, transports, look } = setUp();
    const { id } = await look(CHOICE);
    const next = await look({ ...CHOICE, host: '10.0.0.6' }, id);
    assert.notEqual(next.id, id, 'whoever shows it begins a new table');
    assert.deepEqual([transports.map(({ state }) => state), live.size], [['closed', 'open'], 1]);
  });

  it('are few: one more is refused, and a name that is not known begins anew', async () => {
    const { live, look } = setUp();
    const hosts = Array.from({ length: MOST_LOOKING }, (_each, index) => `10.0.0.${index + 1}`);
    for (const host of hosts) await look({ ...CHOICE, host }, 'guessed');
    await assert.rejects(look({ ...CHOICE, host: '10.0.0.99' }), {
      code: 'CONFIG_INVALID',
      message: /4 forms show live values already/,
    });
    assert.equal(live.size, MOST_LOOKING);
  });

  it('use the connection of a configuration, and its next one when it is deployed while they look', async () => {
    const { clock, registry, transports, look } = setUp();
    const { id } = await look(CHOICE);
    const deployed = registry.acquire(settingsOf(PM500, { ...CHOICE, name: 'press-7' }));
    const reading = deployed.session.readGroups(['status']);
    await clock.advance(300);
    assert.equal((await reading).blocks[0]?.error, undefined);
    const after = await look(CHOICE, id);
    assert.deepEqual([after.id, after.users, after.problems], [id, ['press-7'], []]);
    assert.deepEqual(
      transports.map(({ state }) => state),
      ['closed', 'open'],
    );
    await clock.advance(LEASE_MS + 1000);
    assert.equal(transports[1]?.state, 'open', 'the configuration goes on');
    await deployed.release();
  });

  it('say what cannot be read once, and still end', async () => {
    const { clock, live, look } = setUp();
    const wrong = look({ ...CHOICE, host: 'meter one' });
    await assert.rejects(wrong, { code: 'CONFIG_INVALID' });
    assert.deepEqual([live.size, clock.pending], [0, 0]);
  });
});
