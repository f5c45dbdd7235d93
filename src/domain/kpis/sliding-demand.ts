import { isRecord } from '../../support/expect';
import { readJudgment, TRUSTED, worseOf, type Judgment } from '../quality/judgment';
import { finite, isGuess, judgeSpread, MS_PER_HOUR, type Demand, type DemandWindow } from './demand';
import { elsewhereOf, spreadMsOf, type Piece } from './split';

interface Mark {
  /** A moment, and the sum of all energy up to it. */
  readonly atMs: number;
  readonly sum: number;
  readonly judgment: Judgment;
  /** Where the energy before this moment is a part of a longer delta: how long that is, ms, and what of it lies elsewhere. */
  readonly spreadMs?: number;
  readonly elsewhere?: number;
  /** True where nobody knows how long it was from the moment before to this one. */
  readonly isUnsure?: true;
}

/** A window keeps this many moments at most, however often the meter is read. */
const MARKS_PER_WINDOW = 120;

function readMarks(saved: unknown): Mark[] {
  if (!Array.isArray(saved)) return [];
  const marks: Mark[] = [];
  for (const entry of saved as readonly unknown[]) {
    if (!isRecord(entry)) return [];
    const [atMs, sum, judgment] = [finite(entry['atMs']), finite(entry['sum']), readJudgment(entry['judgment'])];
    if (atMs === undefined || sum === undefined || judgment === undefined) return [];
    if (atMs <= (marks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)) return [];
    const [spreadMs, elsewhere] = [finite(entry['spreadMs']), finite(entry['elsewhere'])];
    const isPart = spreadMs !== undefined && elsewhere !== undefined;
    const part = isPart ? { spreadMs, elsewhere } : {};
    marks.push({ atMs, sum, judgment, ...part, ...(entry['isUnsure'] === true ? { isUnsure: true } : {}) });
  }
  return marks;
}

/**
 * A window that ends at each reading. It gives nothing before energy is known for its whole length. Where it begins within
 * a time that was not read in between, what it holds is a guess: *uncertain*.
 */
export class SlidingDemand implements DemandWindow {
  private marks: Mark[];

  constructor(
    private readonly lengthMs: number,
    saved?: unknown,
  ) {
    this.marks = readMarks(saved);
  }

  add(piece: Piece, visit: (demand: Demand) => void): number {
    return this.take(piece, visit, {});
  }

  skip(piece: Piece, visit: (demand: Demand) => void): number {
    return this.take(piece, visit, { isUnsure: true });
  }

  /** A window over a time of which nobody knows how long it was is not visited: it only may have had a power. */
  private take(piece: Piece, visit: (demand: Demand) => void, sureness: Pick<Mark, 'isUnsure'>): number {
    const { fromMs, toMs, added, judgment: known } = piece;
    if (fromMs >= toMs) {
      this.marks = [];
      return this.meanOf(added);
    }
    // Where energy between two readings is missing, no window may reach over that time.
    if (this.marks.at(-1)?.atMs !== fromMs) this.marks = [{ atMs: fromMs, sum: 0, judgment: TRUSTED }];
    const partMs = spreadMsOf(piece);
    const part = partMs === 0 ? {} : { spreadMs: partMs, elsewhere: elsewhereOf(piece) };
    const sum = (this.marks.at(-1)?.sum ?? 0) + added;
    this.append({ atMs: toMs, sum, judgment: known, ...part, ...sureness });
    const startMs = toMs - this.lengthMs;
    while ((this.marks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= startMs) this.marks.shift();
    const [first, second] = this.marks;
    if (first === undefined || second === undefined) return 0;
    const spreadMs = second.atMs - first.atMs;
    const into = Math.max(0, (startMs - first.atMs) / spreadMs);
    const cutMs = Math.max(into === 0 ? 0 : spreadMs, second.spreadMs ?? 0, partMs);
    const value = this.meanOf(sum - first.sum - into * (second.sum - first.sum));
    const isLoose = isGuess(cutMs, this.lengthMs) || second.isUnsure === true;
    const elsewhere = (second.elsewhere ?? 0) + elsewhereOf(piece);
    const atMost = isLoose ? this.meanOf(sum - first.sum + elsewhere) : value;
    const inside = this.marks.slice(1);
    if (inside.some(({ isUnsure }) => isUnsure === true)) return atMost;
    if (first.atMs > startMs) return 0;
    const worst = inside.reduce((worse, { judgment }) => worseOf(worse, judgment), second.judgment);
    const demand = { value, endMs: toMs, judgment: judgeSpread(worst, cutMs, this.lengthMs) };
    visit(isLoose ? { ...demand, atMost } : demand);
    return 0;
  }

  /** A window that is cut gives nothing: the next one is whole again. */
  clockWasSet(): void {
    this.marks = [];
  }

  state(): unknown {
    return this.marks;
  }

  private meanOf(energy: number): number {
    return (energy * MS_PER_HOUR) / this.lengthMs;
  }

  /** Moments that are closer than a window needs take the place of the one before. */
  private append(mark: Mark): void {
    const [before, last] = this.marks.slice(-2);
    if (before !== undefined && last !== undefined && mark.atMs - before.atMs <= this.lengthMs / MARKS_PER_WINDOW) {
      this.marks[this.marks.length - 1] = { ...last, ...mark, judgment: worseOf(mark.judgment, last.judgment) };
    } else this.marks.push(mark);
  }
}
