import { isRecord } from '../../support/expect';
import { readJudgement, TRUSTED, worseOf, type Judgement } from '../judgement';
import { DeltaCursor, type Piece } from './split';

/** The mean power of one window. */
export interface Demand {
  /** W or var. */
  readonly value: number;
  /** End of the window, epoch milliseconds UTC. */
  readonly endMs: number;
  readonly judgement: Judgement;
}

/** Means over a window, from energies. */
export interface DemandWindow {
  /** Takes the next energy; pieces come in the order of time. Every window that it ends goes to `visit`. */
  add(piece: Piece, visit: (demand: Demand) => void): void;
  /** Plain JSON to go on from. */
  state(): unknown;
}

const MS_PER_HOUR = 3_600_000;
const INCOMPLETE: Judgement = { quality: 'uncertain', reason: 'period_incomplete', provenance: 'verified' };

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

interface FixedState {
  readonly startMs: number;
  readonly added: number;
  readonly coveredMs: number;
  readonly judgement: Judgement;
}

/**
 * Windows that follow each other and begin at full multiples of their length (UTC). One that was not wholly measured
 * gives what is known of it, a lower bound, as *uncertain*.
 */
export class FixedDemand implements DemandWindow {
  private current: FixedState | undefined;

  constructor(
    private readonly lengthMs: number,
    saved?: unknown,
  ) {
    if (!isRecord(saved)) return;
    const judgement = readJudgement(saved['judgement']);
    const [startMs, added, coveredMs] = [saved['startMs'], saved['added'], saved['coveredMs']].map(finite);
    if (judgement === undefined || startMs === undefined || added === undefined || coveredMs === undefined) return;
    if (startMs % lengthMs === 0) this.current = { startMs, added, coveredMs, judgement };
  }

  add(piece: Piece, visit: (demand: Demand) => void): void {
    const cursor = new DeltaCursor(piece);
    let atMs = piece.fromMs;
    while (atMs < piece.toMs) {
      const startMs = Math.floor(atMs / this.lengthMs) * this.lengthMs;
      const endMs = startMs + this.lengthMs;
      const part = cursor.takeUntil(endMs);
      if (part === undefined) return;
      this.absorb(startMs, part, visit);
      if (part.toMs === endMs) this.close(visit);
      atMs = part.toMs;
    }
  }

  state(): unknown {
    return this.current;
  }

  private absorb(startMs: number, part: Piece, visit: (demand: Demand) => void): void {
    if (this.current !== undefined && this.current.startMs !== startMs) this.close(visit);
    const { added, coveredMs, judgement } = this.current ?? { added: 0, coveredMs: 0, judgement: part.judgement };
    this.current = {
      startMs,
      added: added + part.added,
      coveredMs: coveredMs + part.toMs - part.fromMs,
      judgement: worseOf(judgement, part.judgement),
    };
  }

  private close(visit: (demand: Demand) => void): void {
    if (this.current === undefined) return;
    const { startMs, added, coveredMs, judgement } = this.current;
    this.current = undefined;
    const known = coveredMs >= this.lengthMs ? judgement : worseOf(judgement, INCOMPLETE);
    visit({ value: (added * MS_PER_HOUR) / this.lengthMs, endMs: startMs + this.lengthMs, judgement: known });
  }
}

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

/** A window that ends at each reading. It gives nothing before energy is known for its whole length. */
export class SlidingDemand implements DemandWindow {
  private marks: Mark[];

  constructor(
    private readonly lengthMs: number,
    saved?: unknown,
  ) {
    this.marks = readMarks(saved);
  }

  add(piece: Piece, visit: (demand: Demand) => void): void {
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
    const into = (startMs - first.atMs) / (second.atMs - first.atMs);
    const before = first.sum + into * (second.sum - first.sum);
    const sum = this.marks.at(-1)?.sum ?? 0;
    const judgement = this.marks.slice(1).reduce((worst, mark) => worseOf(worst, mark.judgement), second.judgement);
    visit({ value: ((sum - before) * MS_PER_HOUR) / this.lengthMs, endMs: piece.toMs, judgement });
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
