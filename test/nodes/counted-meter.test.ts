import assert from 'node:assert/strict';
import pm500Meter from '../../nodes/pm500-meter';
import pm500Normalize from '../../nodes/pm500-normalize';
import pm500Poll from '../../nodes/pm500-poll';
import type { CounterMessage } from '../../src/domain/counters/counter-message';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../src/simulator/simulator';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { waitFor } from '../../testkit/wait';
import { startOneMeter } from '../../testkit/simulator/one-meter';

const POWER_W = 400_000;
const DELTA = 'energy_delta_active_import_total';
/** Steps of REALs and of the display, at both ends. */
const ROUNDING_WH = 250;
/** What a simulated meter begins with, Wh. */
const BEGINNINGS = [0, 5000, 20_000_000, 4_000_000_000_000, 9_999_999_900_000];

/** A simulated meter, read by a pm500-poll node whose messages a pm500-normalize node gets. */
class Line {
  private constructor(
    private readonly simulator: Simulator,
    private readonly meterNode: FakeNode,
    private readonly poll: FakeNode,
    readonly normalize: FakeNode,
  ) {}

  static async open(transport: 'modbus-tcp' | 'ucmm', beginning: number): Promise<Line> {
    const simulator = await startOneMeter(
      { modbusPort: 0, seed: 4, load: constantProfile(POWER_W), startKwh: beginning / 1000 },
      { modbusSuspendsEnipMs: 0 },
    );
    const [meter] = simulator.meters;
    const red = new FakeRed();
    for (const register of [pm500Meter, pm500Poll, pm500Normalize]) register(red.api);
    const meterNode = red.create('pm500-meter', {
      id: 'm1',
      name: 'counted',
      host: '127.0.0.1',
      transport,
      port: meter!.port,
      modbusPort: meter!.modbusPort,
      minimumIntervalMs: 200,
      layoutConfirmed: true,
    });
    red.configurations.set('m1', meterNode);
    const poll = red.create('pm500-poll', {
      meter: 'm1',
      mode: 'message',
      groups: ['realtime', 'energy'],
      diagnosticsSeconds: 0,
    });
    const normalize = red.create('pm500-normalize', {
      kpis: ['energy'],
      periods: ['day'],
      energyDeltas: true,
      diagnosticsSeconds: 0,
    });
    return new Line(simulator, meterNode, poll, normalize);
  }

  get meter(): RunningMeter {
    return this.simulator.meters[0]!;
  }

  /** One reading through both nodes. */
  async read(): Promise<Telemetry> {
    return waitFor('a reading of the counters', async () => {
      const { sent } = await this.poll.receive({ payload: {} });
      const [reading] = sent;
      if (reading === undefined) return undefined;
      const { sent: out } = await this.normalize.receive(reading);
      const telemetry = out[0]?.payload as Telemetry | undefined;
      return telemetry?.metrics[DELTA] === undefined ? undefined : telemetry;
    });
  }

  async readAll(count: number): Promise<readonly Telemetry[]> {
    const all: Telemetry[] = [];
    for (let index = 0; index < count; index++) all.push(await this.read());
    return all;
  }

  events(): readonly string[] {
    return this.normalize.sentSecond.splice(0).map(({ payload }) => (payload as CounterMessage).event);
  }

  async close(): Promise<void> {
    for (const node of [this.poll, this.normalize, this.meterNode]) await node.close();
    await this.simulator.close();
  }
}

const deltaOf = ({ metrics }: Telemetry): Sample => metrics[DELTA]!;
const counted = (all: readonly Telemetry[]): number =>
  all.reduce((sum, telemetry) => sum + Number(deltaOf(telemetry).value ?? 0), 0);

/** What is counted of these readings is no more than can have flowed. */
function assertNothingInvented(all: readonly Telemetry[]): void {
  const [first, last] = [all[0]!, all.at(-1)!];
  const flowedWh = (POWER_W * (last.timestamp - first.timestamp + 2000)) / 3_600_000;
  assert.ok(counted(all) <= flowedWh + ROUNDING_WH, `${counted(all)} Wh where ${flowedWh} flowed`);
}

// Over Modbus no serial number says whose counters they are; over EtherNet/IP the layout of the assembly is judged besides.
for (const transport of ['modbus-tcp', 'ucmm'] as const) {
  describe(`a meter read over ${transport} by pm500-poll, and counted by pm500-normalize`, function () {
    this.timeout(60_000);

    for (const [index, beginning] of BEGINNINGS.entries()) {
      it(`from ${beginning / 1000} kWh on: zeros, spikes and bad readings cost nothing, and nothing is counted twice`, async () => {
        const line = await Line.open(transport, beginning);
        try {
          const all = [...(await line.readAll(4))];
          const fault = index % 2 === 0 ? 'counter-spike' : 'counter-zero';
          line.meter.faults.start(fault);
          const wrong = await line.readAll(2);
          line.meter.faults.stop(fault);
          const after = await line.readAll(3);
          assertNothingInvented([...all, ...wrong, ...after]);
          if (beginning > 1_000_000) {
            for (const each of wrong) assert.equal(deltaOf(each).quality, 'bad');
            assert.equal(deltaOf(after.at(-1)!).quality, 'good');
          }
        } finally {
          await line.close();
        }
      });
    }

    it('asks about another meter whose counters are 4 MWh higher, and counts on after the answer', async () => {
      const line = await Line.open(transport, 20_000_000);
      try {
        const before = await line.readAll(4);
        line.meter.faults.start('counter-shift', { by: 4_000_000 });
        const after = await line.readAll(4);
        assertNothingInvented([...before, ...after]);
        for (const each of after) assert.equal(deltaOf(each).quality, 'bad');
        assert.ok(line.events().includes('asked'));
        assert.equal(line.normalize.lastStatus?.text, 'counters: answer');
        await line.normalize.receive({ payload: { counters: { answer: 'replaced' } } });
        const [next, last] = await line.readAll(2);
        assert.equal(deltaOf(next!).reason, 'counter_answered');
        assert.equal(deltaOf(last!).quality, 'good');
        assertNothingInvented([...before, ...after, next!, last!]);
      } finally {
        await line.close();
      }
    });
  });
}
