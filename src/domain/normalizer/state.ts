import { deltaMetricOf, ENERGY_COUNTERS } from '../../metrics/derived-metrics';
import { isRecord } from '../../support/expect';
import { derivedSample } from '../quality/judgment';
import type { Sample } from '../messages/telemetry';

/** What is remembered of one meter over a restart. Plain JSON; each part checks what it reads. */
export interface NormalizerState {
  readonly kpis: unknown;
  readonly alarms: unknown;
  /** Where its readings lie in time. */
  readonly time: unknown;
  /** Whose it is: said while the meter itself says nothing. */
  readonly meter?: unknown;
}

export function readState(saved: unknown): NormalizerState {
  const { kpis, alarms, time } = isRecord(saved) ? saved : {};
  return { kpis, alarms, time };
}

const DELTA_NAMES: readonly string[] = ENERGY_COUNTERS.map(({ name }) => deltaMetricOf(name));

export function leaveOutDeltas(metrics: Record<string, Sample>): void {
  for (const name of DELTA_NAMES) Reflect.deleteProperty(metrics, name);
}

/**
 * Deltas that may have been sent already. A state is not saved with every reading; after a kill the counters go on from
 * an older one, so the first delta may hold energy that a receiver has. The KPIs, saved together with the counters, need
 * all of it; a receiver that adds up deltas would count it twice, so it gets none: bad, `counter_started`.
 */
export class UnprovenDeltas {
  private readonly waiting: Set<string>;

  /** @param saved the counters' state where it may be too old */
  constructor(saved: unknown) {
    this.waiting = new Set(saved === undefined ? [] : DELTA_NAMES);
  }

  mark(derived: Record<string, Sample>): void {
    if (this.waiting.size === 0) return;
    for (const name of this.waiting) {
      const sample = derived[name];
      if (sample === undefined) continue;
      const { unit, timestamp, provenance, value } = sample;
      if (value === null) continue;
      derived[name] = derivedSample(null, unit, timestamp, { quality: 'bad', reason: 'counter_started', provenance });
      this.waiting.delete(name);
    }
  }
}
