import { isRecord } from '../../support/expect';
import { readJudgement, TRUSTED, worseOf, type Judgement } from '../judgement';
import { finite, judgeSpread, MS_PER_HOUR, type Demand, type DemandWindow } from './demand';
import { spreadMsOf, type Piece } from './split';

interface Mark {
  /** A moment, and the sum of all energy up to it. */
  readonly atMs: number;
  readonly sum: number;
  readonly judgement: Judgement;
}

/** A window keeps this many moments at most, however often the meter is read. */
const MARKS_PER_WINDOW = 120;

function readMarks(saved: unknown): Mark[] {
  if (!Array.isArray(saved)) return [];
  const marks: Mark[] = [];
  for (const entry of saved as readonly unknown[]) {
    if (!isRecord(entry)) return [];
    const [atMs, sum, judgement] = [finite(entry['atMs']), finite(entry['sum']), readJudgement(entry['judgement'])];
    if (atMs === undefined || sum === undefined || judgement === undefined) return [];
    if (atMs <= (marks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)) return [];
    marks.push({ atMs, sum, judgement });
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

  add(piece: Piece, visit: (demand: Demand) => void): void {
    if (piece.fromMs >= piece.toMs) {
      this.marks = [];
      return;
    }
    const last = this.marks.at(-1);
    if (last?.atMs !== piece.fromMs) {
      // Energy between two readings is missing: no window may reach over that time.
      this.marks = [{ atMs: piece.fromMs, sum: 0, judgement: TRUSTED }];
    }
    this.append({ atMs: piece.toMs, sum: (this.marks.at(-1)?.sum ?? 0) + piece.added, judgement: piece.judgement });
    const startMs = piece.toMs - this.lengthMs;
    while ((this.marks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= startMs) this.marks.shift();
    const [first, second] = this.marks;
    if (first === undefined || second === undefined || first.atMs > startMs) return;
    const spreadMs = second.atMs - first.atMs;
    const into = (startMs - first.atMs) / spreadMs;
    const before = first.sum + into * (second.sum - first.sum);
    const sum = this.marks.at(-1)?.sum ?? 0;
    const worst = this.marks.slice(1).reduce((worse, mark) => worseOf(worse, mark.judgement), second.judgement);
    const cutMs = Math.max(into === 0 ? 0 : spreadMs, spreadMsOf(piece));
    const judgement = judgeSpread(worst, cutMs, this.lengthMs);
    visit({ value: ((sum - before) * MS_PER_HOUR) / this.lengthMs, endMs: piece.toMs, judgement });
  }

  /** A window that is cut gives nothing: the next one is whole again. */
  clockWasSet(): void {
    this.marks = [];
  }

  state(): unknown {
    return this.marks;
  }

  /** Moments that are closer than a window needs take the place of the one before. */
  private append(mark: Mark): void {
    const [before, last] = this.marks.slice(-2);
    if (before !== undefined && last !== undefined && mark.atMs - before.atMs <= this.lengthMs / MARKS_PER_WINDOW) {
      this.marks[this.marks.length - 1] = { ...mark, judgement: worseOf(mark.judgement, last.judgement) };
    } else this.marks.push(mark);
  }
}
