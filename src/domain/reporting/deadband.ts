import { ALL_METRICS } from '../../metrics/derived-metrics';
import type { Deadband, Metric } from '../../metrics/measurement';
import { Expect, isRecord } from '../../support/expect';
import { collectProblems } from '../../support/problems';
import type { Quality, QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';
import type { Sample, Telemetry } from '../messages/telemetry';

export interface ReportSettings {
  /** Instead of the deadbands of the table, by metric name. With both members the wider band counts. */
  readonly deadbands?: Readonly<Record<string, Deadband>>;
  /** A metric is not reported more often, ms; its last change follows when this time is over. Quality does not wait. */
  readonly minIntervalMs?: number;
  /** A metric is reported at least this often while it is read, changed or not, ms; 0 for never. */
  readonly maxIntervalMs?: number;
  /** Metrics that only a site's own layout defines. */
  readonly definitions?: readonly Metric[];
}

/** What was last reported of one metric. */
interface Slot {
  readonly name: string;
  readonly absolute: number;
  readonly fraction: number;
  readonly isDelta: boolean;
  value: Value;
  quality: Quality | undefined;
  reason: QualityReason | undefined;
  atMs: number;
  /** What came since and was not reported. */
  held: Sample | undefined;
}

const NO_BAND: Deadband = { absolute: 0 };
const METRICS: ReadonlyMap<string, Metric> = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

/**
 * Report by exception for one meter: lets a metric pass when it has changed by more than its deadband, when its quality
 * or the reason for it has changed, and at the latest after the maximum interval. Deltas always pass, unless they are
 * zero once more: two equal amounts are two amounts.
 *
 * Give it the host's clock as time. When a reading may be the last for a long time, `flush` gives what is held back
 * longer than the maximum interval allows.
 */
export class ReportByException {
  private readonly slots = new Map<string, Slot>();
  /** The same in the order of the last telemetry, which the next one mostly has too: found without being looked for. */
  private readonly inOrder: Slot[] = [];
  private readonly deadbands: Readonly<Record<string, Deadband>>;
  private readonly minIntervalMs: number;
  private readonly maxIntervalMs: number;
  private readonly own: ReadonlyMap<string, Metric>;
  /** Values that were reported since the start, and those that were held back. */
  reported = 0;
  suppressed = 0;

  constructor(settings: ReportSettings = {}) {
    this.deadbands = settings.deadbands ?? {};
    this.minIntervalMs = settings.minIntervalMs ?? 0;
    this.maxIntervalMs = settings.maxIntervalMs ?? 0;
    this.own = new Map((settings.definitions ?? []).map((metric) => [metric.name, metric]));
  }

  /**
   * The telemetry with only what is to be reported; undefined when nothing is.
   * @param sendAll on demand: everything that the telemetry holds is reported
   */
  filter(telemetry: Telemetry, nowMs: number, sendAll = false): Telemetry | undefined {
    const { metrics } = telemetry;
    let passed: Record<string, Sample> | undefined;
    let place = 0;
    for (const name in metrics) {
      const sample = metrics[name];
      if (sample === undefined) continue;
      let slot = this.inOrder[place];
      if (slot?.name !== name) {
        slot = this.slotOf(name);
        this.inOrder[place] = slot;
      }
      place++;
      if (sendAll || this.isDue(slot, sample, nowMs)) {
        remember(slot, sample, nowMs);
        (passed ??= {})[name] = sample;
        this.reported++;
      } else {
        // Only `flush` asks for it, and what is kept costs the garbage collector more than what is not.
        if (this.maxIntervalMs > 0) slot.held = sample;
        this.suppressed++;
      }
    }
    return passed === undefined ? undefined : { ...telemetry, metrics: passed };
  }

  /** What was held back and last reported longer ago than the maximum interval, by metric; undefined when nothing was. */
  flush(nowMs: number): Readonly<Record<string, Sample>> | undefined {
    if (this.maxIntervalMs <= 0) return undefined;
    let due: Record<string, Sample> | undefined;
    for (const [name, slot] of this.slots) {
      const { held } = slot;
      if (held === undefined || Math.abs(nowMs - slot.atMs) < this.maxIntervalMs) continue;
      remember(slot, held, nowMs);
      (due ??= {})[name] = held;
      this.reported++;
    }
    return due;
  }

  /** Forgets what was reported: the next telemetry passes whole, as after a start. */
  reset(): void {
    this.slots.clear();
    this.inOrder.length = 0;
  }

  private slotOf(name: string): Slot {
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = this.createSlot(name);
      this.slots.set(name, slot);
    }
    return slot;
  }

  private createSlot(name: string): Slot {
    const metric = METRICS.get(name) ?? this.own.get(name);
    const { absolute = 0, percent = 0 } = this.deadbands[name] ?? metric?.deadband ?? NO_BAND;
    return {
      name,
      absolute,
      fraction: percent / 100,
      isDelta: metric?.statistic === 'delta',
      value: null,
      quality: undefined,
      reason: undefined,
      atMs: 0,
      held: undefined,
    };
  }

  private isDue(slot: Slot, sample: Sample, nowMs: number): boolean {
    if (sample.quality !== slot.quality || sample.reason !== slot.reason) return true;
    if (slot.isDelta && sample.value !== 0) return true;
    // A clock that was set back must not hold anything back.
    const sinceMs = Math.abs(nowMs - slot.atMs);
    if (this.maxIntervalMs > 0 && sinceMs >= this.maxIntervalMs) return true;
    return sinceMs >= this.minIntervalMs && hasChanged(slot, sample.value);
  }
}

function hasChanged(slot: Slot, value: Value): boolean {
  const last = slot.value;
  if (typeof value !== 'number' || typeof last !== 'number') return value !== last;
  const moved = Math.abs(value - last);
  return moved > slot.absolute && moved > slot.fraction * Math.abs(last);
}

function remember(slot: Slot, sample: Sample, nowMs: number): void {
  slot.value = sample.value;
  slot.quality = sample.quality;
  slot.reason = sample.reason;
  slot.atMs = nowMs;
  slot.held = undefined;
}

const expect = new Expect('CONFIG_INVALID', 'correct the deadband; until then the default of the table is used.');

function parseBand(path: string, value: unknown): Deadband {
  const record = expect.record(path, value);
  const unknown = Object.keys(record).find((key) => key !== 'absolute' && key !== 'percent');
  if (unknown !== undefined) expect.fail(`${path}.${unknown}`, record[unknown], 'only "absolute" and "percent"');
  const read = (key: 'absolute' | 'percent'): Deadband => {
    if (record[key] === undefined) return {};
    const width = expect.finite(`${path}.${key}`, record[key]);
    return width >= 0 ? { [key]: width } : expect.fail(`${path}.${key}`, width, 'a number from 0');
  };
  const band = { ...read('absolute'), ...read('percent') };
  return Object.keys(band).length > 0 ? band : expect.fail(path, value, '"absolute", "percent" or both');
}

/**
 * Reads deadbands of a site, by metric name. One that cannot be used is left out and said in one sentence.
 * @param metrics the metrics that exist, by name
 */
export function parseDeadbands(
  value: unknown,
  metrics: Pick<ReadonlyMap<string, unknown>, 'has'>,
): { readonly deadbands: Readonly<Record<string, Deadband>>; readonly problems: readonly string[] } {
  const deadbands: Record<string, Deadband> = {};
  const { sentences: problems, attempt } = collectProblems('CONFIG_INVALID');
  attempt(() => {
    if (value === undefined || (isRecord(value) && Object.keys(value).length === 0)) return;
    for (const [name, band] of Object.entries(expect.record('deadbands', value))) {
      attempt(() => {
        if (!metrics.has(name)) expect.fail('deadbands', name, 'the name of a metric or KPI');
        deadbands[name] = parseBand(`deadbands.${name}`, band);
      });
    }
  });
  return { deadbands, problems };
}
