import { READING } from '../../src/domain/messages/reading';
import pm500Poll from '../../nodes/pm500-poll';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { encodeBlock } from '../../src/domain/codec/encode';
import { TELEMETRY, type Sample } from '../../src/domain/messages/telemetry';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { FakeClock, settle } from '../fake-clock';
import { FakeRed, type FakeNode } from '../node-red/fake-red';
import { FakeTransport } from './fake-transport';
import { NormalizeBench } from './normalize-bench';
import { PM500 } from '../../src/meters/pm500';

const MS_PER_HOUR = 3_600_000;
const ENERGY = workingLayout(PM500).blocks.get(107)!;
const NAME = 'main-incomer';

/** What came of one reading. */
export type Out = Readonly<Record<string, Sample>>;

/**
 * A load behind a meter, read by a real `pm500-poll` and `pm500-normalize`, whose host has a wall clock that a test sets.
 * The load and its meter go by true time.
 */
export class ClockedPlant {
  readonly outs: Out[] = [];
  /** True Wh and varh since the counters were zero. */
  activeWh: number;
  reactiveVarh: number;
  powerW = 100_000;
  /** What the meter says instead of its counter of active energy; null: it does not answer. */
  show: ((activeWh: number) => number | null) | undefined;
  /** False: readings come from a program that knows no uptime. */
  isStamped = true;
  /** The counter of active energy when the first reading came. */
  readonly startWh: number;
  normalize: NormalizeBench;
  private readonly poll: FakeNode;
  private readonly transport = new FakeTransport();

  constructor(
    readonly properties: object,
    readonly clock: FakeClock = new FakeClock(),
    private readonly settings: { readonly userDir?: string } = {},
    startWh = 20_000_000,
  ) {
    this.startWh = this.activeWh = startWh;
    this.reactiveVarh = startWh / 2;
    const registry = new MeterRegistry({
      clock,
      random: () => 0,
      logger: silentLogger,
      createTransport: () => this.transport,
    });
    const { session } = registry.acquire(settingsOf(PM500, { name: NAME, host: '10.0.0.5', layoutConfirmed: true }));
    const red = new FakeRed();
    red.configurations.set('m1', { type: 'pm500-meter', session });
    pm500Poll(red.api);
    this.poll = red.create('pm500-poll', { meter: 'm1', mode: 'message', groups: ['energy'] });
    this.normalize = this.start();
  }

  /** Reads once, now; what comes of it is also in `outs`. A clock that stands still is fine for the meter. */
  async read(): Promise<Out> {
    const shown = this.show === undefined ? this.activeWh : this.show(this.activeWh);
    if (shown === null) this.transport.refusals.set(107, new Pm500Error('ENIP_STATUS', 'Not now.'));
    else this.transport.refusals.delete(107);
    const values = { active_energy_import_total: shown ?? 0, reactive_energy_import_total: this.reactiveVarh };
    const zeros = Object.fromEntries(Object.keys(ENERGY.provenance).map((name) => [name, 0]));
    this.transport.assemblies.set(107, encodeBlock(ENERGY, { ...zeros, ...values }));
    const { sent } = await this.poll.receive({});
    // A message may go by a broker: what matters must survive JSON.
    const text = JSON.stringify(sent[0]?.payload, (key, value: unknown) =>
      !this.isStamped && (key === 'bootId' || key === 'uptimeMs') ? undefined : value,
    );
    const reading = READING.parse(JSON.parse(text));
    const [telemetry] = await this.normalize.accept(reading);
    const out = telemetry === undefined ? {} : TELEMETRY.parse(telemetry.payload).metrics;
    this.outs.push(out);
    return out;
  }

  /** Lets true time pass with the load as it is. */
  async pass(forMs: number): Promise<void> {
    await this.clock.advance(forMs);
    this.count(forMs);
  }

  /** Lets much time pass at once with this load. */
  leap(forMs: number, addedWh: number): void {
    this.clock.leap(forMs);
    this.activeWh += addedWh;
  }

  /** Reads on a schedule, and returns what the last reading gave. */
  async run(forMs: number, everyMs = 10_000): Promise<Out> {
    let last: Out = {};
    for (let passed = 0; passed < forMs; passed += everyMs) {
      await this.pass(everyMs);
      last = await this.read();
    }
    return last;
  }

  /** The host sleeps; the load does not. */
  suspend(forMs: number): void {
    this.clock.suspend(forMs);
    this.count(forMs);
  }

  /** The host stands still, and only its wall clock is set when it goes on; the load does not stand still. */
  halt(forMs: number): void {
    this.clock.jump(forMs);
    this.count(forMs);
  }

  /** Node-RED ends and starts again, with the same clock. */
  async restart(): Promise<void> {
    await this.normalize.close();
    this.normalize = this.start();
  }

  async close(): Promise<void> {
    await this.normalize.close();
    await this.poll.close();
    await settle();
  }

  /** Demands that ended, with their quality: `[kW, quality, reason]`. */
  get demands(): readonly (readonly [number, string, string | undefined])[] {
    return this.outs.flatMap(({ interval_demand: demand }) =>
      demand === undefined ? [] : [[Number(demand.value) / 1000, demand.quality, demand.reason] as const],
    );
  }

  private count(forMs: number): void {
    this.activeWh += (this.powerW * forMs) / MS_PER_HOUR;
    this.reactiveVarh += (this.powerW * forMs) / MS_PER_HOUR / 2;
  }

  private start(): NormalizeBench {
    const properties = { id: 'n1', diagnosticsSeconds: 0, ...this.properties };
    return new NormalizeBench(properties, this.clock, this.settings);
  }
}
