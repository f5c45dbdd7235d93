import type { Reading, ReadingBlock } from '../messages/reading';

/** Power read further apart than this, ms, is not integrated: what flowed in between is not known. */
const LONGEST_GAP_MS = 90_000;
const HOUR_MS = 3_600_000;
/** A phase that carries less than this share of the whole says nothing about the direction. */
const LEAST_SHARE = 0.02;

/** What flowed by the integral of power, each direction on its own, in Wh and varh as the powers are read. */
export interface Flows {
  readonly activeImport: number;
  readonly activeExport: number;
  readonly reactiveImport: number;
  readonly reactiveExport: number;
}
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export const NO_FLOWS: Flows = { activeImport: 0, activeExport: 0, reactiveImport: 0, reactiveExport: 0 };

interface PowerAt {
  readonly timestamp: number;
  readonly activeW: number;
  readonly reactiveVar: number;
}

/** The integral of the total powers over the times that they were read at. */
export class FlowIntegral {
  private readonly sums: Mutable<Flows> = { ...NO_FLOWS };
  private power: PowerAt | undefined;
  /** True once one phase imported while another exported: then meters differ in how they count. */
  mixed = false;

  /** What flowed so far; a copy. */
  get flows(): Flows {
    return { ...this.sums };
  }

  /** What flowed until then, if power stayed as it was read last; undefined where that is not known. */
  flowsAt(timestamp: number): Flows | undefined {
    const { power } = this;
    if (power === undefined) return undefined;
    const sinceMs = timestamp - power.timestamp;
    if (Math.abs(sinceMs) > LONGEST_GAP_MS) return undefined;
    const hours = sinceMs / HOUR_MS;
    const { activeW, reactiveVar } = power;
    return addFlows(this.sums, {
      activeImport: hours * Math.max(0, activeW),
      activeExport: hours * Math.max(0, -activeW),
      reactiveImport: hours * Math.max(0, reactiveVar),
      reactiveExport: hours * Math.max(0, -reactiveVar),
    });
  }

  /** @returns false where it is not known what flowed since the powers before */
  accept({ values, timestamp }: ReadingBlock): boolean {
    const [activeW, reactiveVar] = [values['active_power_total'], values['reactive_power_total']];
    if (typeof activeW !== 'number' || typeof reactiveVar !== 'number') return true;
    const phases = [values['active_power_l1'], values['active_power_l2'], values['active_power_l3']];
    const large = phases.filter(
      (watts) => typeof watts === 'number' && Math.abs(watts) > LEAST_SHARE * Math.abs(activeW),
    );
    if (large.some((watts) => Number(watts) > 0) && large.some((watts) => Number(watts) < 0)) this.mixed = true;
    return this.advance({ timestamp, activeW, reactiveVar });
  }

  private advance(next: PowerAt): boolean {
    const before = this.power;
    this.power = next;
    if (before === undefined) return true;
    const elapsedMs = next.timestamp - before.timestamp;
    if (elapsedMs <= 0 || elapsedMs > LONGEST_GAP_MS) return elapsedMs === 0;
    const hours = elapsedMs / HOUR_MS;
    this.sums.activeImport += hours * meanPositive(before.activeW, next.activeW);
    this.sums.activeExport += hours * meanPositive(-before.activeW, -next.activeW);
    this.sums.reactiveImport += hours * meanPositive(before.reactiveVar, next.reactiveVar);
    this.sums.reactiveExport += hours * meanPositive(-before.reactiveVar, -next.reactiveVar);
    return true;
  }
}

/** Mean of the positive part of a power that goes straight from one value to another. */
function meanPositive(from: number, to: number): number {
  if (from >= 0 && to >= 0) return (from + to) / 2;
  const [high, low] = [Math.max(from, to), Math.min(from, to)];
  return high <= 0 ? 0 : (high * high) / (2 * (high - low));
}

/** One after the other; with sign -1 the difference. */
export function addFlows(left: Flows, right: Flows, sign: 1 | -1 = 1): Flows {
  return {
    activeImport: left.activeImport + sign * right.activeImport,
    activeExport: left.activeExport + sign * right.activeExport,
    reactiveImport: left.reactiveImport + sign * right.reactiveImport,
    reactiveExport: left.reactiveExport + sign * right.reactiveExport,
  };
}

export function multiplyFlows(flows: Flows, factor: number): Flows {
  return {
    activeImport: factor * flows.activeImport,
    activeExport: factor * flows.activeExport,
    reactiveImport: factor * flows.reactiveImport,
    reactiveExport: factor * flows.reactiveExport,
  };
}

/** Blocks of a reading that came. */
export function arrivedBlocks({ blocks }: Reading): readonly ReadingBlock[] {
  return blocks.filter(({ error }) => error === undefined);
}
