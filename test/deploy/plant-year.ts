import { renderMetrics, type MetricFamily } from '../../src/domain/diagnostics/prometheus';
import { DEFAULT_KPI_SETTINGS } from '../../src/domain/kpis/settings';
import { normalizeMetrics } from '../../src/domain/normalizer/diagnostics';
import { NormalizerSet } from '../../src/domain/normalizer/normalizer-set';
import { limitMetrics } from '../../src/domain/normalizer/site-limits';
import { Delivery } from '../../src/delivery/delivery';
import { deliveryMetrics } from '../../src/delivery/metrics';
import { DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../../src/delivery/settings';
import { DEFAULT_MEASUREMENT } from '../../src/influx/mapping';
import { LineMapper } from '../../src/influx/line-mapper';
import type { NominalValues } from '../../src/meters/meter-model';
import { PM500 } from '../../src/meters/pm500';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { Disturbance } from '../../src/simulator/model/disturbances';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { destinationOf } from '../../testkit/delivery/destinations';
import { VERDICTS } from '../../testkit/delivery/engine-bench';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { PlantMeter } from '../../testkit/meters/plant-meter';

/** The recorded year is told as one of late: before 2020 a clock is not believed. */
export const YEAR_STARTS_MS = Date.UTC(2026, 0, 1);
/** Values that rules look at, and what KPIs need: with every value of the meter a year takes too long. */
const HELD = /^(voltage_l\d_n|current_l\d|frequency|phase_sequence|(re)?active_power_total|(re)?active_energy_\w+)$/;
const OUTBOX_BYTES = 10_000_000;
const BATCH = { records: 5000, bytes: 5_000_000, flushMs: 1000 } as const;

type During = (timeMs: number) => boolean;

/** What goes wrong, of a meter for which alerts must fire; times are epoch milliseconds. */
export interface Faults {
  readonly isPhaseLost?: During;
  readonly isReversed?: During;
  readonly isSinkAway?: During;
  /** Name of the way in which the meter sends its energy counters, where a person confirmed another one. */
  readonly sends?: string;
}

/** What one cycle gives. */
export interface Cycle {
  /** Measured values and KPIs, line protocol with times in milliseconds. */
  readonly lines: readonly string[];
  /** The metrics page of Node-RED, Prometheus text format, every sample with its time. */
  readonly page: string;
}

/**
 * The recorded plant behind a simulated meter, whose bytes go through the code of the nodes: layout, quality, KPIs, guard of
 * the energy counters, delivery. Only sockets, the database and time are left out.
 */
export class PlantYear {
  private readonly plant: PlantMeter;
  private readonly normalizers: NormalizerSet;
  private readonly mapper = new LineMapper();
  private readonly clock = new FakeClock(YEAR_STARTS_MS);
  private readonly outbox = new MemoryOutbox({ maximumBytes: OUTBOX_BYTES }, this.clock);
  private readonly delivery: Delivery;
  private readonly nominal: NominalValues;
  private readonly isOn = new Map<Disturbance['kind'], boolean>();

  /**
   * @param everyMs how often the meter is read and the metrics page is asked
   * @param isWanted whether a rule asks for a metric family; the others are left out
   */
  constructor(
    private readonly meter: string,
    private readonly everyMs: number,
    private readonly faults: Faults,
    private readonly isWanted: (family: string) => boolean,
  ) {
    const { sends, isSinkAway = (): boolean => false } = faults;
    const layout = sends === undefined ? {} : { sends };
    this.plant = new PlantMeter(meter, { startMs: YEAR_STARTS_MS, holds: HELD, ...layout });
    const { nominalVolts, ratedAmperes } = this.plant.physics.supply;
    this.nominal = { lineToNeutralVolts: nominalVolts, frequencyHz: 60, ratedAmperes };
    const kpis = { ...DEFAULT_KPI_SETTINGS, kpis: ['voltage_unbalance', 'demand', 'power_factor'] as const };
    this.normalizers = new NormalizerSet(() => ({ model: PM500, energyDeltas: true, alarmRules: [], kpis }));
    this.delivery = new Delivery(
      { batch: BATCH, retry: DEFAULT_RETRY, recheckMs: DEFAULT_RECHECK_MS },
      {
        outbox: this.outbox,
        maximumBytes: OUTBOX_BYTES,
        destination: destinationOf(() => (isSinkAway(this.clock.now()) ? VERDICTS.away : VERDICTS.written)),
        clock: this.clock,
        random: seededRandom(1),
        logger: silentLogger,
      },
    );
  }

  /** Reads, delivers, and lets time pass until the next cycle. */
  async next(): Promise<Cycle> {
    const timeMs = this.clock.now();
    this.disturb({ kind: 'lost', phase: 1 }, this.faults.isPhaseLost, timeMs);
    this.disturb({ kind: 'reversed' }, this.faults.isReversed, timeMs);
    const { telemetry } = this.normalizers.accept(this.plant.read(timeMs), timeMs, this.clock.uptime());
    const hints = { influxMeasurement: DEFAULT_MEASUREMENT, timestamp: timeMs };
    const lines = telemetry === undefined ? [] : this.mapper.map(telemetry, hints).lines;
    await this.outbox.append(lines.map((payload) => ({ payload, acceptedAt: timeMs })));
    await settle();
    await this.clock.advance(BATCH.flushMs);
    const page = renderMetrics(this.families(timeMs).filter(({ name }) => this.isWanted(name)));
    await this.clock.advance(timeMs + this.everyMs - this.clock.now());
    return { lines, page: page.replaceAll(/^(?!#).+$/gm, `$& ${timeMs}`) };
  }

  async close(): Promise<void> {
    await this.delivery.close();
    await this.outbox.close();
  }

  private disturb(disturbance: Disturbance, during: During | undefined, timeMs: number): void {
    const { kind } = disturbance;
    const isOn = during?.(timeMs) ?? false;
    if (isOn === (this.isOn.get(kind) ?? false)) return;
    this.isOn.set(kind, isOn);
    const at = this.plant.recordedMs(timeMs);
    this.plant.physics.disturb((disturbances) => {
      if (isOn) disturbances.begin(disturbance, at);
      else disturbances.end(kind, at);
    });
  }

  private families(timeMs: number): readonly MetricFamily[] {
    const diagnostics = this.normalizers.diagnostics(timeMs);
    return [
      ...normalizeMetrics(diagnostics, 'normalize'),
      ...limitMetrics(diagnostics, 'normalize', { nominal: this.nominal, powerFactor: 0.9 }),
      ...deliveryMetrics(this.delivery.stats, { node: 'influx', target: this.meter }),
    ];
  }
}
