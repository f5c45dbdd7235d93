import { PROVENANCES, type Provenance } from '../../metrics/measurement';
import { isRecord } from '../../support/expect';
import { QUALITIES, QUALITY_REASONS, worse, type Quality, type QualityReason } from './quality';
import type { Sample } from '../messages/telemetry';
import { sampleOf } from './sample';

/** How far something that was worked out can be trusted: as far as the worst of what it was worked out from. */
export interface Judgment {
  readonly quality: Quality;
  readonly reason?: QualityReason;
  readonly provenance: Provenance;
}

export const TRUSTED: Judgment = { quality: 'good', provenance: 'verified' };

function lessKnown(left: Provenance, right: Provenance): Provenance {
  return PROVENANCES.indexOf(left) >= PROVENANCES.indexOf(right) ? left : right;
}

/** The worse of both; of two that are equally bad, the reason of the first. */
export function worseOf(left: Judgment, right: Judgment): Judgment {
  if (left.quality === 'good' && right.quality === 'good' && left.provenance === right.provenance) return left;
  const quality = worse(left.quality, right.quality);
  const reason = left.quality === quality && left.reason !== undefined ? left.reason : right.reason;
  const provenance = lessKnown(left.provenance, right.provenance);
  return reason === undefined || quality === 'good' ? { quality, provenance } : { quality, reason, provenance };
}

function isReason(value: unknown): value is QualityReason {
  return typeof value === 'string' && Object.hasOwn(QUALITY_REASONS, value);
}

/** A judgment from a saved state; undefined when it is none. */
export function readJudgment(saved: unknown): Judgment | undefined {
  if (!isRecord(saved)) return undefined;
  const quality = QUALITIES.find((each) => each === saved['quality']);
  const provenance = PROVENANCES.find((each) => each === saved['provenance']);
  if (quality === undefined || provenance === undefined) return undefined;
  const reason = saved['reason'];
  return isReason(reason) ? { quality, reason, provenance } : { quality, provenance };
}

/** A sample of what was worked out; without a value, or with one that is no number, it is bad. */
export function derivedSample(
  value: number | null,
  unit: Sample['unit'],
  timestamp: number,
  judgment: Judgment,
): Sample {
  const { quality, reason, provenance } = judgment;
  if (value === null || !Number.isFinite(value)) {
    const why = quality === 'bad' && reason !== undefined ? reason : 'undefined_result';
    return sampleOf(null, unit, 'bad', why, provenance, timestamp);
  }
  return quality === 'bad'
    ? sampleOf(null, unit, quality, reason ?? 'read_failed', provenance, timestamp)
    : sampleOf(value, unit, quality, reason, provenance, timestamp);
}

/**
 * How far a sample can be trusted.
 * @param last the same object comes back where that has not changed
 */
export function judgmentOf({ quality, reason, provenance }: Sample, last?: Judgment): Judgment {
  if (last?.quality === quality && last.reason === reason && last.provenance === provenance) return last;
  return reason === undefined ? { quality, provenance } : { quality, reason, provenance };
}
