import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openOutbox } from '../../../src/outbox/disk';
import { MemoryOutbox } from '../../../src/outbox/memory';
import type { Outbox } from '../../../src/outbox/outbox';
import { createBdSeqCounter } from '../../../src/sparkplug/session/bd-seq';
import { diskQueues, memoryQueues, type QueuePlace } from '../../../src/sparkplug/history/queue-place';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import { memorySessionStore } from '../../../src/sparkplug/session/session-store';
import type { Clock } from '../../../src/support/clock';
import { Pm500Error } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../../testkit/temporary-folder';
import { FakeBroker, type FakeLink } from '../../../testkit/sparkplug/fake-link';
import { failed, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';
import { pickOne } from '../../../testkit/pick-one';

/** What one process has of its stores: nothing comes through any more once it was killed. */
interface Stores {
  readonly outbox: Outbox;
  readonly queues: QueuePlace;
  close(): Promise<void>;
}

const DEVICES = ['A', 'B', 'C', 'D'];
const METRICS = ['voltage_l1_n', 'alarms/x/active', 'own'];
const LIMITS = { maximumBytes: 1e9 };
const EVENTS = 120;
const never = <Result>(): Promise<Result> => new Promise(() => undefined);

/** Calls of a killed process have no answer; those under way may have had their effect. */
function mortal<Target extends object>(target: Target, life: { isOver: boolean }): Target {
  return new Proxy(target, {
    get: (from, name) => {
      const member: unknown = Reflect.get(from, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        if (life.isOver && name !== 'stats') return never();
        const result: unknown = member.apply(from, given);
        if (!(result instanceof Promise)) return result;
        return result.then((value: unknown) => (life.isOver ? never() : value));
      };
    },
  });
}

function mortalQueues(queues: QueuePlace, life: { isOver: boolean }): QueuePlace {
  return {
    nameOf: (deviceId) => queues.nameOf(deviceId),
    names: () => queues.names(),
    // A queue that a killed process would still open holds nothing.
    take: (name, limits) =>
      life.isOver ? new MemoryOutbox(limits, new FakeClock()) : mortal(queues.take(name, limits), life),
    giveBack: (name, outbox) => (life.isOver ? never() : queues.giveBack(name, outbox)),
  };
}

class Plant {
  readonly broker = new FakeBroker();
  readonly clock = new FakeClock();
  readonly accepted: { readonly path: string; readonly value: number }[] = [];
  private readonly number = createBdSeqCounter(memorySessionStore());
  private readonly connected = new Set<FakeLink>();
  private life = { isOver: false };
  private value = 0;
  session: EdgeSession;

  constructor(
    private readonly random: () => number,
    private stores: Stores,
    private readonly reopen: () => Promise<Stores>,
  ) {
    this.session = this.start();
  }

  private start(): EdgeSession {
    const life = { isOver: false };
    this.life = life;
    const { clock } = this;
    const mine: Clock = {
      bootId: clock.bootId,
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      uptime: () => clock.uptime(),
      after: (delayMs, callback) =>
        clock.after(delayMs, () => {
          if (!life.isOver) callback();
        }),
    };
    const session = new EdgeSession(
      {
        node: { groupId: 'G', edgeNodeId: 'N' },
        broker: { host: 'broker', port: 1883, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
        history: { valuesPerSecond: 1000, messagesPerSecond: 40, store: LIMITS },
      },
      {
        clock: mine,
        random: this.random,
        logger: silentLogger,
        openLink: this.broker.open,
        bdSeq: this.number,
        outbox: mortal(this.stores.outbox, life),
        queues: mortalQueues(this.stores.queues, life),
      },
    );
    session.start();
    return session;
  }

  publish(deviceId: string, name: string): void {
    const value = ++this.value;
    const accepted = this.session.watch(deviceId);
    this.session.publish(deviceId, [sample(name, value, { at: Math.floor(this.clock.now()) })], false);
    const life = this.life;
    accepted().then(
      () => {
        if (!life.isOver) this.accepted.push({ path: `${deviceId}/${name}`, value });
      },
      () => undefined,
    );
  }

  async kill(): Promise<void> {
    this.life.isOver = true;
    this.broker.host.observeLoss();
    await settle();
    await this.stores.close();
    this.stores = await this.reopen();
    this.session = this.start();
  }

  connect(): void {
    const link = this.broker.links.at(-1);
    if (link === undefined || link.isEnded || this.connected.has(link)) return;
    this.connected.add(link);
    link.listener.onConnected();
  }

  lose(): void {
    const link = this.broker.links.at(-1);
    if (link === undefined || link.isEnded || !this.connected.has(link)) return;
    link.isEnded = true;
    link.lose(new Pm500Error('MQTT_CONNECTION_LOST', 'lost.', { retryable: true }));
  }

  async event(): Promise<void> {
    const chance = this.random();
    const device = pickOne(this.random, DEVICES);
    if (chance < 0.55) for (let round = 0; round < 3; round++) this.publish(device, pickOne(this.random, METRICS));
    else if (chance < 0.63) {
      for (let round = 0; round < 2; round++)
        this.session.publish(
          device,
          METRICS.map((name) => failed(name, Math.floor(this.clock.now()))),
          true,
        );
    } else if (chance < 0.68) this.session.remove(device);
    else if (chance < 0.78) this.lose();
    else if (chance < 0.82) await this.kill();
    else if (chance < 0.85) this.clock.jump(pickOne(this.random, [-3_600_000, 360_000_000]));
    else if (chance < 0.88) this.broker.links.at(-1)?.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
    else await this.clock.advance(Math.floor(this.random() * 20_000));
    if (this.random() < 0.5) this.connect();
    await this.clock.advance(1 + Math.floor(this.random() * 400));
  }

  /** Everything is well, and what waits is sent. */
  async recover(turn: () => Promise<void>): Promise<void> {
    for (let round = 0; round < 2000; round++) {
      for (const deviceId of DEVICES) if (round % 20 === 0) for (const name of METRICS) this.publish(deviceId, name);
      this.connect();
      await this.clock.advance(500);
      await turn();
      if (round > 40 && this.session.history?.depth === 0) return;
    }
    assert.fail(`${JSON.stringify(this.session.history)} after all`);
  }

  async end(): Promise<void> {
    await this.session.close();
    await this.stores.close();
  }

  check(): void {
    const { host } = this.broker;
    assert.deepEqual(host.violations, []);
    const missing = this.accepted.filter(
      ({ path, value }) =>
        host.present.get(path)?.has(value) !== true && !(host.history.get(path) ?? []).some(([, is]) => is === value),
    );
    assert.deepEqual(missing, []);
    assert.ok(this.accepted.length > 0);
    for (const [path, values] of host.history) {
      const late = values
        .flatMap(([, value]) => (typeof value === 'number' ? [value] : []))
        .filter((value) => host.present.get(path)?.has(value) !== true);
      const first = [...new Set(late)];
      assert.deepEqual(
        first,
        first.toSorted((left, right) => left - right),
        `the order of ${path}`,
      );
    }
  }
}

async function play(seed: number, open: (clock: Clock) => Promise<Stores>, turn: () => Promise<void>): Promise<void> {
  const random = seededRandom(seed);
  const clocked: { clock?: FakeClock } = {};
  const reopen = (): Promise<Stores> => open(clocked.clock ?? new FakeClock());
  const plant = new Plant(random, await reopen(), reopen);
  clocked.clock = plant.clock;
  try {
    for (let round = 0; round < EVENTS; round++) {
      await plant.event();
      await turn();
    }
    await plant.recover(turn);
    plant.check();
    await plant.end();
  } catch (thrown) {
    throw new Error(`seed ${seed}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

describe('store and forward of any course of events', function () {
  this.timeout(120_000);

  for (let seed = 1; seed <= 25; seed++) {
    it(`brings every accepted value to the host, in memory (${seed})`, async () => {
      let kept: Stores | undefined;
      await play(
        seed,
        (clock) => {
          kept ??= {
            outbox: new MemoryOutbox(LIMITS, clock),
            queues: memoryQueues(clock),
            close: () => Promise.resolve(),
          };
          return Promise.resolve(kept);
        },
        () => Promise.resolve(),
      );
    });
  }

  it('brings every accepted value to the host, on the disk', async () => {
    const folder = temporaryFolder('history-property');
    try {
      const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
      await play(
        99,
        (clock) => {
          const outbox = openOutbox({ folder: join(folder, 'outbox'), limits: LIMITS, clock, logger: silentLogger });
          const taken = new Set<Outbox>();
          const place = diskQueues(join(folder, 'absent'), clock, silentLogger);
          const queues: QueuePlace = {
            ...place,
            take: (name, limits) => {
              const queue = place.take(name, limits);
              taken.add(queue);
              return queue;
            },
          };
          const close = async (): Promise<void> => {
            await Promise.all([outbox, ...taken].map((one) => one.close()));
          };
          return Promise.resolve({ outbox, queues, close });
        },
        turn,
      );
    } finally {
      removeFolder(folder);
    }
  });
});
