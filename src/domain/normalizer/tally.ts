import { QUALITY_REASONS, type Quality, type QualityReason } from '../quality';

export type QualityCounts = Readonly<Record<Quality, number>>;

/** Values by what a person has to do about them. */
export interface Concerns {
  /** All values. */
  readonly count: number;
  /** Bad and uncertain ones that somebody should look into; what belongs to normal operation is not among them. */
  readonly bad: number;
  readonly uncertain: number;
  /** Values that wait for somebody to confirm the layout. */
  readonly unconfirmed: number;
}

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

  /** @param since what this gave before; only what came after it counts */
  concerns(since?: Concerns): Concerns {
    const sum = { count: this.good, bad: 0, uncertain: 0, unconfirmed: 0 };
    for (const [reason, count] of Object.entries(this.byReason)) {
      const { quality, calls } = QUALITY_REASONS[reason as QualityReason];
      sum.count += count;
      if (calls === 'confirm') sum.unconfirmed += count;
      else if (calls === undefined) sum[quality] += count;
    }
    if (since === undefined) return sum;
    return {
      count: sum.count - since.count,
      bad: sum.bad - since.bad,
      uncertain: sum.uncertain - since.uncertain,
      unconfirmed: sum.unconfirmed - since.unconfirmed,
    };
  }
}
