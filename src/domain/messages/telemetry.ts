import type { Provenance, Unit } from '../../metrics/measurement';
import type { Quality, QualityReason } from '../quality/quality';
import type { MeterReference, Value } from './reading';

/** The message contract of `pm500-normalize`: canonical metrics of one meter with unit, quality and time. */
export interface Telemetry {
  readonly schema: typeof TELEMETRY_SCHEMA;
  readonly meter: MeterReference;
  /** Time of the read in epoch milliseconds UTC, never the time of sending. */
  readonly timestamp: number;
  /** Canonical metric name to sample. */
  readonly metrics: Readonly<Record<string, Sample>>;
}

export const TELEMETRY_SCHEMA = 'pm500.telemetry/1';

export interface Sample {
  /** In `unit`; null when the quality is bad and no value exists. */
  readonly value: Value;
  readonly unit: Unit;
  readonly quality: Quality;
  /** Why the quality is not good. */
  readonly reason?: QualityReason;
  /** How well the place of this value in the meter's data is known. */
  readonly provenance: Provenance;
  /** When this value was read, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** Deltas only: the time that the value covers, milliseconds up to `timestamp`. */
  readonly spanMs?: number;
}
