import { isRecord } from '../../support/expect';
import { readJudgment, worseOf, type Judgment } from '../quality/judgment';
import { Zone } from '../tariff/zone';
import { finite, INCOMPLETE, isGuess, judgeSpread, MS_PER_HOUR, type Demand, type DemandWindow } from './demand';
import { DeltaCursor, elsewhereOf, spreadMsOf, type Piece } from './split';

interface FixedState {
  readonly startMs: number;
  readonly endMs: number;
  readonly added: number;
  readonly coveredMs: number;
  readonly judgment: Judgment;
  /** Wh or varh that may be of this window too. */
  readonly maybe: number;
}

/**
 * Windows that follow each other and begin at full multiples of their length on the clocks of a place: an hour there begins
 * when its clocks show a full hour. Where clocks change by what is no multiple of the length, a shorter window lies
 * between. One that is shorter, or was not wholly measured, gives what is known of it, a lower bound, as *uncertain*.
 */
export class FixedDemand implements DemandWindow {
  private current: FixedState | undefined;

  constructor(
    private readonly lengthMs: number,
    saved?: unknown,
    private readonly zone: Zone = new Zone('UTC'),
  ) {
    if (!isRecord(saved)) return;
    const judgment = readJudgment(saved['judgment']);
    const [startMs, added, coveredMs] = [saved['startMs'], saved['added'], saved['coveredMs']].map(finite);
    if (judgment === undefined || startMs === undefined || added === undefined || coveredMs === undefined) return;
    const window = this.windowAt(startMs);
    if (window.startMs === startMs)
      this.current = { ...window, added, coveredMs, judgment, maybe: finite(saved['maybe']) ?? 0 };
  }

  add(piece: Piece, visit: (demand: Demand) => void): number {
    const cursor = new DeltaCursor(piece);
    let atMs = piece.fromMs;
    while (atMs < piece.toMs) {
      const { current } = this;
      const isIn = current !== undefined && atMs >= current.startMs && atMs < current.endMs;
      const window = isIn ? current : this.windowAt(atMs);
      const part = cursor.takeUntil(window.endMs);
      if (part === undefined) return 0;
      this.absorb(window, part, visit);
      if (part.toMs === window.endMs) this.close(visit);
      atMs = part.toMs;
    }
    return 0;
  }

  skip({ toMs, added, judgment }: Piece, visit: (demand: Demand) => void): number {
    if (this.current !== undefined) {
      this.current = { ...this.current, maybe: this.current.maybe + added };
      if (toMs >= this.current.endMs) this.close(visit);
    }
    this.current ??= { ...this.windowAt(toMs), added: 0, coveredMs: 0, judgment, maybe: added };
    return (added * MS_PER_HOUR) / this.lengthMs;
  }

  clockWasSet(visit: (demand: Demand) => void): void {
    this.close(visit);
  }

  state(): unknown {
    return this.current;
  }

  private windowAt(atMs: number): { readonly startMs: number; readonly endMs: number } {
    const { zone, lengthMs } = this;
    const offset = zone.offsetAt(atMs);
    const startMs = Math.floor((atMs + offset) / lengthMs) * lengthMs - offset;
    return {
      startMs: zone.sameOffsetSince(startMs, atMs),
      endMs: zone.sameOffsetUntil(atMs, startMs + lengthMs),
    };
  }

  private absorb(
    { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
    part: Piece,
    visit: (demand: Demand) => void,
  ): void {
    if (this.current !== undefined && this.current.startMs !== startMs) this.close(visit);
    const spreadMs = spreadMsOf(part);
    const known = judgeSpread(part.judgment, spreadMs, this.lengthMs);
    const { added, coveredMs, judgment, maybe } = this.current ?? {
      added: 0,
      coveredMs: 0,
      judgment: known,
      maybe: 0,
    };
    this.current = {
      startMs,
      endMs,
      added: added + part.added,
      coveredMs: coveredMs + part.toMs - part.fromMs,
      judgment: worseOf(judgment, known),
      maybe: maybe + (isGuess(spreadMs, this.lengthMs) ? elsewhereOf(part) : 0),
    };
  }

  private close(visit: (demand: Demand) => void): void {
    if (this.current === undefined) return;
    const { endMs, added, coveredMs, judgment, maybe } = this.current;
    this.current = undefined;
    const known = coveredMs >= this.lengthMs ? judgment : worseOf(judgment, INCOMPLETE);
    const demand = { value: (added * MS_PER_HOUR) / this.lengthMs, endMs, judgment: known };
    visit(maybe > 0 ? { ...demand, atMost: ((added + maybe) * MS_PER_HOUR) / this.lengthMs } : demand);
  }
}
