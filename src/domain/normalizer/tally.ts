import { QUALITY_REASONS, type Quality, type QualityReason } from '../quality/quality';

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
  /** Bad values whose layout is the wrong one: somebody has to choose another. */
  readonly contradicted: number;
}

type Sums = { -readonly [Key in keyof Concerns]: number };

export const NO_CONCERNS: Concerns = { count: 0, bad: 0, uncertain: 0, unconfirmed: 0, contradicted: 0 };

/** A sum with what is counted of one meter in place of what was counted of it before. */
export function withConcerns(sum: Concerns, now: Concerns, before: Concerns): Concerns {
  return {
    count: sum.count + now.count - before.count,
    bad: sum.bad + now.bad - before.bad,
    uncertain: sum.uncertain + now.uncertain - before.uncertain,
    unconfirmed: sum.unconfirmed + now.unconfirmed - before.unconfirmed,
    contradicted: sum.contradicted + now.contradicted - before.contradicted,
  };
}

/** A layout has some hundred metrics; what makes up names must not fill the memory. */
const MOST_NAMES = 4096;

/** What of `Concerns` a value with this reason is; undefined for what needs nobody. */
function concernOf(reason: QualityReason): Exclude<keyof Concerns, 'count'> | undefined {
  const { quality, calls } = QUALITY_REASONS[reason];
  if (calls === 'none') return undefined;
  if (calls === 'confirm') return 'unconfirmed';
  return calls === 'choose' ? 'contradicted' : quality;
}

function count(sums: Sums, reason: QualityReason | undefined, by: 1 | -1): void {
  sums.count += by;
  const concern = reason === undefined ? undefined : concernOf(reason);
  if (concern !== undefined) sums[concern] += by;
}

/** Counts values by quality, and those that are not good by reason; and knows what was last said of each metric. */
export class QualityTally {
  private good = 0;
  private readonly byReason: Partial<Record<QualityReason, number>> = {};
  /** Null: good. */
  private readonly latest = new Map<string, QualityReason | null>();
  private readonly sums: Sums = { ...NO_CONCERNS };

  add(name: string, reason: QualityReason | undefined): void {
    if (reason === undefined) this.good++;
    else this.byReason[reason] = (this.byReason[reason] ?? 0) + 1;
    const known = this.latest.get(name);
    const now = reason ?? null;
    if (known !== now) this.turn(name, known, now);
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

  /** Of the last value of every metric, whichever schedule reads it. */
  get concerns(): Concerns {
    return { ...this.sums };
  }

  private turn(name: string, known: QualityReason | null | undefined, now: QualityReason | null): void {
    if (known === undefined && this.latest.size >= MOST_NAMES) return;
    if (known !== undefined) count(this.sums, known ?? undefined, -1);
    count(this.sums, now ?? undefined, 1);
    this.latest.set(name, now);
  }
}
