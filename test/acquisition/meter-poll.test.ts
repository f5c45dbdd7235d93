import assert from 'node:assert/strict';
import { LossWatch } from '../../src/acquisition/loss-watch';
import { MeterPoll, type MeterCondition, type MeterPollOptions } from '../../src/acquisition/meter-poll';
import type { LinkState } from '../../src/acquisition/link-state';
import type { Reading } from '../../src/domain/messages/reading';
import { GROUPS } from '../../src/meters/pm500/groups';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { sampleReading } from '../../testkit/meters/readings';

const LOST = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply from 10.0.0.1; check the cable.' } as const;

/** A meter in memory. */
class FakeMeter {
  readonly settings = { name: 'm1' };
  readonly asked: string[] = [];
  readonly broken = new Set<string>();
  private readonly loss = new LossWatch();
  state: LinkState = { kind: 'connected', since: 0 };
  gate: Promise<void> = Promise.resolve();
  private readonly listeners = new Set<(state: LinkState) => void>();

  onState(listener: (state: LinkState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  groups: readonly string[] = GROUPS.map(({ name }) => name);
  checkGroups(groups: readonly string[]): void {
    if (!groups.some((name) => this.groups.includes(name)))
      throw new Pm500Error('CONFIG_INVALID', `no ${groups.join()}`);
  }
  enter(kind: LinkState['kind'], error?: Pm500Error): void {
    this.state = { kind, since: 0, ...(error === undefined ? {} : { error }) };
    for (const listener of this.listeners) listener(this.state);
  }
  get listenerCount(): number {
    return this.listeners.size;
  }
  /** What reads of broken groups fail with. */
  error: { readonly code: ErrorCode; readonly message: string } = LOST;
  async readGroups(groups: readonly string[], signal?: AbortSignal): Promise<Reading> {
    this.asked.push(groups.join('+'));
    await this.gate;
    if (signal?.aborted === true) throw new Pm500Error('ABORTED', 'Stopped.');
    const instances = GROUPS.filter(({ name }) => groups.includes(name)).flatMap(({ assemblies }) => assemblies);
    const reading = sampleReading(instances, seededRandom(1));
    const fails = (group: string): boolean => this.broken.has(group) || this.broken.has('all');
    const blocks = reading.blocks.map((block) =>
      fails(block.group) ? { ...block, values: {}, error: this.error } : block,
    );
    this.loss.take(blocks, this.state.kind === 'connected');
    const { lostSince } = this.loss;
    return { ...reading, blocks, meter: { ...reading.meter, ...(lostSince === undefined ? {} : { lostSince }) } };
  }
}

function poll(meter: FakeMeter, clock: FakeClock, options: Partial<MeterPollOptions> = {}) {
  const readings: Reading[] = [];
  const events: string[] = [];
  const conditions: MeterCondition[] = [];
  const meterPoll = new MeterPoll(meter, {
    schedules: [{ intervalMs: 1000, groups: ['realtime'] }],
    isScheduled: true,
    address: '10.0.0.1:44818',
    startWithinMs: 0,
    clock,
    onReading: (reading) => readings.push(reading),
    onError: ({ message }) => events.push(message),
    onWait: ({ message }) => events.push(`waits: ${message}`),
    onBack: () => events.push('back'),
    onCondition: (condition) => conditions.push(condition),
    ...options,
  });
  return { meterPoll, readings, events, conditions };
}

const isBad = (reading: Reading | undefined): boolean =>
  reading?.blocks.every(({ error }) => error !== undefined) === true;

describe('MeterPoll', () => {
  it('tells a loss by exactly one reading, is quiet until the meter answers, and says how long values are stale', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const { meterPoll, readings, events } = poll(meter, clock);
    await clock.advance(2500);
    const healthy = readings.length;
    assert.ok(healthy >= 2);
    const freshAt = clock.now();
    meter.broken.add('all');
    meter.enter('waiting', new Pm500Error('ENIP_CONNECTION_LOST', 'gone.'));
    await clock.advance(60_000);
    assert.equal(readings.length, healthy + 1);
    assert.ok(isBad(readings.at(-1)));
    assert.equal(readings.at(-1)?.meter.lostSince, readings.at(-1)?.timestamp);
    assert.deepEqual(events, [LOST.message]);
    const { condition } = meterPoll;
    assert.ok(condition.kind === 'lost' && condition.code === 'ENIP_CONNECTION_LOST');
    assert.ok(condition.staleSince !== undefined && freshAt - condition.staleSince < 1000);
    // It was asked all the time: the meter comes back by itself.
    assert.ok(meter.asked.length > healthy + 55);
    meter.broken.clear();
    meter.enter('connected');
    await clock.advance(3000);
    assert.deepEqual(events, [LOST.message, 'back']);
    assert.ok(readings.slice(healthy + 1).every((reading) => !isBad(reading) && reading.meter.lostSince === undefined));
    assert.equal(meterPoll.condition.kind, 'read');
    await meterPoll.stop();
    assert.equal(clock.pending, 0);
    assert.equal(meter.listenerCount, 0);
  });

  it('tells once that a meter waits for somebody else, which is no error, and a fault that comes of it', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const { meterPoll, events } = poll(meter, clock);
    const refuse = (code: ErrorCode, message: string): void => {
      meter.broken.add('all');
      meter.error = { code, message };
      meter.enter('waiting', new Pm500Error(code, message));
    };
    refuse('ENIP_NO_OWNER', 'nobody to listen to.');
    await clock.advance(2500);
    // Left alone meanwhile, it still waits for the same.
    meter.error = { code: 'ENIP_NO_OWNER', message: 'nobody to listen to. The next attempt is in 4 s.' };
    await clock.advance(5000);
    assert.deepEqual(events, ['waits: nobody to listen to.']);
    refuse('ENIP_CONNECT_FAILED', 'nothing listens there.');
    await clock.advance(5000);
    refuse('ENIP_NO_OWNER', 'nobody to listen to.');
    await clock.advance(5000);
    meter.broken.clear();
    meter.enter('connected');
    await clock.advance(2000);
    refuse('METER_PROTOCOL_BUSY', 'Modbus has it.');
    await clock.advance(5000);
    assert.deepEqual(events, [
      'waits: nobody to listen to.',
      'nothing listens there.',
      'back',
      'waits: Modbus has it.',
    ]);
    await meterPoll.stop();
  });

  it('warns of waiting also when the first read finds the meter left alone', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    meter.broken.add('all');
    meter.error = { code: 'METER_SHARED_WITH_PLC', message: 'next attempt in 4 s.' };
    meter.state = { kind: 'waiting', since: 0, error: new Pm500Error('METER_SHARED_WITH_PLC', 'a PLC owns it.') };
    const { meterPoll, events } = poll(meter, clock);
    await clock.advance(3000);
    assert.deepEqual(events, ['waits: next attempt in 4 s.']);
    await meterPoll.stop();
  });

  it('tells each block of an outage once, also when it begins in the middle of a cycle', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const schedules = [{ intervalMs: 1000, groups: ['realtime', 'energy'] }];
    const { meterPoll, readings } = poll(meter, clock, { schedules });
    await clock.advance(1500);
    const healthy = readings.length;
    const blocks = readings[0]!.blocks.length;
    meter.broken.add('energy');
    await clock.advance(1000);
    meter.broken.add('all');
    await clock.advance(10_000);
    const bad = readings.slice(healthy).flatMap((reading) => reading.blocks.filter(({ error }) => error !== undefined));
    assert.equal(bad.length, blocks);
    assert.equal(new Set(bad.map(({ assembly }) => assembly)).size, blocks);
    meter.broken.clear();
    await clock.advance(1000);
    meter.broken.add('all');
    const before = readings.length;
    await clock.advance(10_000);
    assert.deepEqual(
      readings.slice(before).map((reading) => reading.blocks.length),
      [blocks],
      'a further outage is told anew',
    );
    await meterPoll.stop();
  });

  it('reads groups on schedules of their own; one that fails alone is no loss of the meter', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const { meterPoll, readings, events } = poll(meter, clock, {
      schedules: [
        { intervalMs: 250, groups: ['realtime'] },
        { intervalMs: 2000, groups: ['energy'] },
      ],
    });
    await clock.advance(10_000);
    const energies = meter.asked.filter((groups) => groups === 'energy').length;
    assert.ok(energies >= 5 && energies <= 7, `${energies}`);
    assert.ok(meter.asked.length - energies >= 39);
    meter.broken.add('energy');
    const before = readings.length;
    await clock.advance(10_000);
    const bad = readings.slice(before).filter(isBad);
    assert.equal(bad.length, 1);
    assert.deepEqual(events, [LOST.message]);
    assert.deepEqual(
      [meterPoll.condition].map((condition) => (condition.kind === 'read' ? [condition.read, condition.count] : [])),
      [[2, 3]],
    );
    // Then the rest goes too: one reading for what failed now, and no second error after that. A reply may be lost, the
    // next cycle says that the meter is.
    meter.broken.add('realtime');
    meter.enter('waiting');
    await clock.advance(10_000);
    const told = readings.slice(before).filter(isBad);
    const [, reply, loss] = told;
    assert.equal(told.length, 3);
    assert.equal(reply?.meter.lostSince, undefined);
    assert.equal(loss?.meter.lostSince, reply?.blocks[0]?.timestamp);
    assert.deepEqual(
      loss?.blocks.map(({ group }) => group),
      reply?.blocks.map(({ group }) => group),
    );
    assert.equal(events.length, 2);
    await meterPoll.stop();
  });

  it('answers every request, also while the meter is lost', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const { meterPoll, readings, events } = poll(meter, clock, { isScheduled: false });
    assert.equal(meterPoll.condition.kind, 'idle');
    meter.broken.add('all');
    for (let request = 0; request < 3; request++) {
      const outcome = await meterPoll.readNow();
      assert.equal(outcome?.failure?.code, LOST.code);
      assert.ok(isBad(outcome.reading));
    }
    assert.deepEqual(events, []);
    meter.broken.clear();
    assert.equal((await meterPoll.readNow())?.failure, undefined);
    assert.deepEqual([events, readings], [['back'], []]);
    await meterPoll.stop();
    assert.equal(await meterPoll.readNow(), undefined);
  });

  it('counts the slots that it misses and queues none', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    const { meterPoll } = poll(meter, clock);
    let open = (): void => undefined;
    meter.gate = new Promise((resolve) => (open = resolve));
    await clock.advance(5500);
    assert.equal(meter.asked.length, 1);
    assert.ok(meterPoll.missedSlots >= 4, `${meterPoll.missedSlots}`);
    open();
    await clock.advance(10);
    assert.equal(meter.asked.length, 1);
    await meterPoll.stop();
  });

  it('fires together with whoever reads the same meter, and apart from the other meters', async () => {
    const clock = new FakeClock();
    const times = new Map<string, number[]>();
    const start = (address: string): MeterPoll => {
      const meter = new FakeMeter();
      const own: number[] = [];
      times.set(`${address} ${times.size}`, own);
      const read = meter.readGroups.bind(meter);
      meter.readGroups = (...parameters) => {
        own.push(clock.now());
        return read(...parameters);
      };
      return poll(meter, clock, { address, startWithinMs: 2000 }).meterPoll;
    };
    const polls = ['a', 'a', ...Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`)].map(start);
    await clock.advance(4000);
    const [first = [], second = [], ...others] = [...times.values()];
    assert.deepEqual(first, second);
    const perTick = new Map<number, number>();
    for (const at of others.flat()) perTick.set(at, (perTick.get(at) ?? 0) + 1);
    // 50 meters in 1000 ms: hardly ever two in one millisecond, also at the start.
    assert.ok(Math.max(...perTick.values()) <= 4);
    await Promise.all(polls.map((meterPoll) => meterPoll.stop()));
  });

  it('reads what the meter has, and says once what its settings lack', async () => {
    const clock = new FakeClock();
    const meter = new FakeMeter();
    assert.throws(() => poll(meter, clock, { schedules: [{ intervalMs: 1000, groups: ['harmonics'] }] }), {
      code: 'CONFIG_INVALID',
    });
    meter.groups = ['energy'];
    const schedules = [
      { intervalMs: 250, groups: ['realtime'] },
      { intervalMs: 1000, groups: ['energy'] },
    ];
    const some = poll(meter, clock, { schedules }).meterPoll;
    await clock.advance(5000);
    assert.deepEqual([...new Set(meter.asked)], ['energy']);
    await some.stop();
    meter.groups = ['realtime'];
    meter.readGroups = () => Promise.reject(new Pm500Error('CONFIG_INVALID', 'no such assembly.'));
    const { meterPoll, events } = poll(meter, clock);
    await clock.advance(5000);
    assert.deepEqual(events, ['no such assembly.']);
    await meterPoll.stop();
  });
});
