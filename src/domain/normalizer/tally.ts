import { QUALITY_REASONS, type Quality, type QualityReason } from '../quality';

export type QualityCounts = Readonly<Record<Quality, number>>;

/** Counts values by quality, and those that are not good by reason. */
export class QualityTally {
  private good = 0;
  private readonly byReason: Partial<Record<QualityReason, number>> = {};

  add(reason: QualityReason | undefined): void {
    if (reason === undefined) this.good++;
    else this.byReason[reason] = (this.byReason[reason] ?? 0) + 1;
  }

  /** A copy, for messages. */
  get reasons(): Readonly<Partial<Record<QualityReason, number>>> {
    return { ...this.byReason };
  }

  get counts(): QualityCounts {
    const counts = { good: this.good, uncertain: 0, bad: 0 };
    for (const [reason, count] of Object.entries(this.byReason)) {
      counts[QUALITY_REASONS[reason as QualityReason].quality] += count;
    }
    return counts;
  }
}
