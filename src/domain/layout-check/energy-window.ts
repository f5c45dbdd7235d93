import { COUNTER_NAMES } from '../../meter/catalogue';
import type { Reading } from '../reading';

/** Power read further apart than this, ms, is not integrated: what flowed in between is not known. */
const LONGEST_GAP_MS = 90_000;
const HOUR_MS = 3_600_000;

/** What flowed by the integral of power, each direction on its own, in Wh and varh as the powers are read. */
export interface Flows {
  readonly activeImport: number;
  readonly activeExport: number;
  readonly reactiveImport: number;
  readonly reactiveExport: number;
}
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const NONE: Flows = { activeImport: 0, activeExport: 0, reactiveImport: 0, reactiveExport: 0 };

interface Mark {
  readonly timestamp: number;
  readonly flows: Flows;
  readonly counters: Readonly<Record<string, number>>;
}
interface PowerAt {
  readonly timestamp: number;
  readonly activeW: number;
  readonly reactiveVar: number;
}

/** Energy counters of assembly 107 beside the integral of the powers of assembly 102, from the first read to the last. */
export class EnergyWindow {
  private readonly flows: Mutable<Flows> = { ...NONE };
  private power: PowerAt | undefined;
  private first: Mark | undefined;
  private last: Mark | undefined;
  private earlierMs = 0;
  private readonly earlierFlows: Mutable<Flows> = { ...NONE };
  private readonly earlierCounters: Record<string, number> = {};
  /** True once one phase imported while another exported: then meters differ in how they count. */
  mixed = false;

  accept(reading: Reading): void {
    for (const { error, values, timestamp } of reading.blocks) {
      if (error !== undefined) continue;
      const [activeW, reactiveVar] = [values['active_power_total'], values['reactive_power_total']];
      if (typeof activeW === 'number' && typeof reactiveVar === 'number') {
        this.advance({ timestamp, activeW, reactiveVar });
        const phases = [values['active_power_l1'], values['active_power_l2'], values['active_power_l3']];
        const large = phases.filter((watts) => typeof watts === 'number' && Math.abs(watts) > 0.02 * Math.abs(activeW));
        if (large.some((watts) => Number(watts) > 0) && large.some((watts) => Number(watts) < 0)) this.mixed = true;
      }
      if (values['active_energy_import_total'] !== undefined) this.mark(timestamp, values);
    }
  }

  /** Time over which counters and powers were watched together, ms. */
  get elapsedMs(): number {
    return this.earlierMs + (this.last?.timestamp ?? 0) - (this.first?.timestamp ?? 0);
  }

  /** The latest counters, in catalogue units. */
  get counters(): Readonly<Record<string, number>> {
    return this.last?.counters ?? {};
  }

  /** What the integral of power says over the watched time. */
  get expected(): Flows {
    return sum(this.earlierFlows, difference(this.last?.flows ?? NONE, this.first?.flows ?? NONE));
  }

  /** By how much each counter grew over the watched time, in catalogue units. */
  get grown(): Readonly<Record<string, number>> {
    const grown: Record<string, number> = {};
    for (const name of COUNTER_NAMES) {
      const now = this.last?.counters[name] ?? 0;
      grown[name] = (this.earlierCounters[name] ?? 0) + now - (this.first?.counters[name] ?? 0);
    }
    return grown;
  }

  private advance(next: PowerAt): void {
    const before = this.power;
    this.power = next;
    if (before === undefined) return;
    const elapsedMs = next.timestamp - before.timestamp;
    if (elapsedMs <= 0 || elapsedMs > LONGEST_GAP_MS) {
      if (elapsedMs !== 0) this.endWindow();
      return;
    }
    const hours = elapsedMs / HOUR_MS;
    this.flows.activeImport += hours * meanPositive(before.activeW, next.activeW);
    this.flows.activeExport += hours * meanPositive(-before.activeW, -next.activeW);
    this.flows.reactiveImport += hours * meanPositive(before.reactiveVar, next.reactiveVar);
    this.flows.reactiveExport += hours * meanPositive(-before.reactiveVar, -next.reactiveVar);
  }

  private mark(timestamp: number, values: Readonly<Record<string, unknown>>): void {
    const counters: Record<string, number> = {};
    for (const name of COUNTER_NAMES) {
      const value = values[name];
      if (typeof value !== 'number') return;
      counters[name] = value;
      // Started anew: a reset, a rollover, or another meter.
      if (value < (this.last?.counters[name] ?? value)) this.endWindow();
    }
    // Power was read a moment before or will be a moment later: the gap is far below the window.
    this.last = { timestamp, flows: { ...this.flows }, counters };
    this.first ??= this.last;
  }

  private endWindow(): void {
    if (this.first !== undefined && this.last !== undefined) {
      const { first, last } = this;
      this.earlierMs += last.timestamp - first.timestamp;
      Object.assign(this.earlierFlows, sum(this.earlierFlows, difference(last.flows, first.flows)));
      for (const name of COUNTER_NAMES) {
        const grown = (last.counters[name] ?? 0) - (first.counters[name] ?? 0);
        this.earlierCounters[name] = (this.earlierCounters[name] ?? 0) + grown;
      }
    }
    this.first = undefined;
    this.last = undefined;
  }
}

/** Mean of the positive part of a power that goes straight from one value to another. */
function meanPositive(from: number, to: number): number {
  if (from >= 0 && to >= 0) return (from + to) / 2;
  const [high, low] = [Math.max(from, to), Math.min(from, to)];
  return high <= 0 ? 0 : (high * high) / (2 * (high - low));
}

function combine(left: Flows, right: Flows, sign: 1 | -1): Flows {
  return {
    activeImport: left.activeImport + sign * right.activeImport,
    activeExport: left.activeExport + sign * right.activeExport,
    reactiveImport: left.reactiveImport + sign * right.reactiveImport,
    reactiveExport: left.reactiveExport + sign * right.reactiveExport,
  };
}
const sum = (left: Flows, right: Flows): Flows => combine(left, right, 1);
const difference = (left: Flows, right: Flows): Flows => combine(left, right, -1);
