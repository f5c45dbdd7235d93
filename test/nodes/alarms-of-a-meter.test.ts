import assert from 'node:assert/strict';
import pm500Meter from '../../nodes/pm500-meter';
import pm500Normalize from '../../nodes/pm500-normalize';
import pm500Poll from '../../nodes/pm500-poll';
import pm500Sim from '../../nodes/pm500-sim';
import type { AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { READING, type Reading } from '../../src/domain/messages/reading';
import { FakeClock } from '../../testkit/fake-clock';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { NormalizeBench } from '../../testkit/meters/normalize-bench';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';

const RULES = [
  {
    id: 'phase_loss',
    metric: 'voltage_l1_n',
    condition: 'below',
    limit: 100,
    offDelaySeconds: 600,
    severity: 'warning',
  },
  { id: 'never_read', metric: 'active_energy_import_total', condition: 'above', limit: 1 },
];

/** A simulated meter that is read by real nodes over loopback, whenever a test wants it. */
class MeterUnderTest {
  readonly red = new FakeRed();
  sim: FakeNode | undefined;
  private readonly nodes: FakeNode[] = [];
  private poll: FakeNode | undefined;

  constructor(private readonly port: number) {
    for (const type of [pm500Sim, pm500Meter, pm500Poll, pm500Normalize]) type(this.red.api);
  }

  async start(properties: object, groups: readonly string[] = ['realtime']): Promise<void> {
    await this.startSimulator();
    const meter = this.red.create('pm500-meter', {
      ...{ id: 'm1', name: 'feeder', host: '127.0.0.1', port: this.port, connectTimeoutMs: 1000, replyTimeoutMs: 1000 },
      ...properties,
    });
    this.red.configurations.set('m1', meter);
    this.poll = this.red.create('pm500-poll', { id: 'p1', meter: 'm1', mode: 'message', groups });
    this.nodes.push(this.poll, meter);
  }

  async startSimulator(): Promise<void> {
    this.sim = this.red.create('pm500-sim', { id: 's1', load: 'constant', port: this.port });
    await waitFor('the simulated meter', () => this.sim?.lastStatus?.fill === 'green', { everyMs: 5 });
  }

  /** Ends the simulated meter, so that nothing answers any more. */
  async lose(): Promise<void> {
    await this.sim?.close();
    this.sim = undefined;
  }

  async fault(payload: object): Promise<void> {
    const result = await this.sim?.receive({ payload });
    assert.equal(result?.error, undefined);
  }

  async read(): Promise<Reading> {
    assert.ok(this.poll);
    const { sent } = await this.poll.receive({});
    return READING.parse(sent[0]?.payload);
  }

  /** Reads until a reading is as wanted: a meter shows a change only when its values change. */
  readUntil(what: string, isWanted: (reading: Reading) => boolean): Promise<Reading> {
    return waitFor(what, async () => {
      const reading = await this.read();
      return isWanted(reading) && reading;
    });
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.close();
    await this.lose();
  }
}

const voltage = ({ blocks }: Reading): unknown =>
  blocks.find(({ assembly }) => assembly === 101)?.values['voltage_l1_n'];
const isRead = ({ blocks }: Reading): boolean => blocks.every(({ error }) => error === undefined);

describe('alarms of a meter that real nodes read', function () {
  this.timeout(60_000);
  let meter: MeterUnderTest;

  beforeEach(async () => {
    meter = new MeterUnderTest(await freePort());
  });
  afterEach(() => meter.close());

  it('an off-delay stands still while the meter does not answer, and goes on when it is back', async () => {
    await meter.start({ layoutConfirmed: true });
    const bench = new NormalizeBench(
      { alarmRules: JSON.stringify(RULES), staleSeconds: 0, diagnosticsSeconds: 0 },
      new FakeClock(Date.now() + 1000),
    );
    const told = (): readonly unknown[] =>
      bench.takeEvents().map(({ payload }) => {
        const { event, alarm, rules } = payload as AlarmMessage;
        return [event, alarm?.id ?? rules?.map(({ id }) => id)];
      });
    const minutes = async (count: number, reading: Reading): Promise<void> => {
      for (let minute = 0; minute < count; minute++) {
        await bench.clock.advance(60_000);
        await bench.accept(reading);
      }
    };

    await bench.accept(await meter.read());
    assert.deepEqual(told(), []);
    await meter.fault({ fault: 'phase-loss', phase: 1 });
    const lost = await meter.readUntil('the lost phase', (reading) => Number(voltage(reading)) < 50);
    await minutes(1, lost);
    assert.deepEqual(told(), [['raised', 'phase_loss']]);

    await meter.fault({ clear: true });
    const healthy = await meter.readUntil('the phase', (reading) => Number(voltage(reading)) > 200);
    await minutes(4, healthy);
    assert.deepEqual(told(), [], 'over, and for three minutes of ten; the one until the first bad value counts too');

    await meter.lose();
    const silent = await meter.readUntil('the loss', (reading) => !isRead(reading));
    await minutes(30, silent);
    assert.deepEqual(told(), [['unjudged', ['phase_loss']]], 'nobody knows');
    await bench.command({ alarms: 'list' });
    const [list] = bench.takeEvents().map(({ payload }) => payload as AlarmMessage);
    assert.deepEqual(
      list?.active.map(({ id, judged, value }) => [id, judged, value]),
      [['phase_loss', false, null]],
    );
    assert.deepEqual(
      list.unjudged.map(({ id, active, reason }) => [id, active, reason]),
      [
        ['phase_loss', true, 'read_failed'],
        ['never_read', false, undefined],
      ],
    );

    await meter.startSimulator();
    const back = await meter.readUntil('the meter', isRead);
    await minutes(6, back);
    assert.deepEqual(told(), [['judged', ['phase_loss']]], 'nine minutes of ten');
    await minutes(1, back);
    assert.deepEqual(told(), [['cleared', 'phase_loss']]);
    await bench.close();
  });

  it('the status asks to confirm the layout, and is green from the first reading on when that was done', async () => {
    const kpis = ['voltage_unbalance', 'current_unbalance', 'demand', 'energy', 'power_factor', 'load_factor'];
    for (const [layoutConfirmed, expected] of [
      [false, /^confirm layout: \d+$/],
      [true, /^\d+ metrics$/],
    ] as const) {
      await meter.start({ layoutConfirmed }, ['realtime', 'energy']);
      const node = meter.red.create('pm500-normalize', {
        ...{ id: 'n1', kpis, periods: ['day', 'month'], energyDeltas: true, defaultAlarms: true },
        ...{ nominalVolts: 277, nominalHertz: '60', diagnosticsSeconds: 0 },
      });
      const { error } = await node.receive({ payload: await meter.readUntil('the meter', isRead) });
      assert.equal(error, undefined);
      assert.match(String(node.lastStatus?.text), expected);
      assert.equal(node.lastStatus?.fill, layoutConfirmed ? 'green' : 'yellow');
      await meter.lose();
      await node.receive({ payload: await meter.readUntil('the loss', (reading) => !isRead(reading)) });
      assert.match(String(node.lastStatus.text), /^\d+ of \d+ bad$/);
      await node.close();
      await meter.close();
    }
  });
});
