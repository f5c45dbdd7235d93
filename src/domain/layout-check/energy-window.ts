import type { Reading } from '../messages/reading';
import { addFlows, arrivedBlocks, FlowIntegral, NO_FLOWS, type Flows } from './flow-integral';

interface Mark {
  readonly timestamp: number;
  readonly flows: Flows;
  readonly counters: Readonly<Record<string, number>>;
}

/** Energy counters beside the integral of the powers, from the first read to the last. */
export class EnergyWindow {
  private readonly integral = new FlowIntegral();
  private first: Mark | undefined;
  private last: Mark | undefined;
  private earlierMs = 0;
  private earlierFlows: Flows = NO_FLOWS;
  private readonly earlierCounters: Record<string, number> = {};

  /** @param names the counters that the meter has */
  constructor(private readonly names: readonly string[]) {}

  accept(reading: Reading): void {
    for (const block of arrivedBlocks(reading)) {
      if (!this.integral.accept(block)) this.endWindow();
      if (block.values['active_energy_import_total'] !== undefined) this.mark(block.timestamp, block.values);
    }
  }

  /** True once one phase imported while another exported: then meters differ in how they count. */
  get mixed(): boolean {
    return this.integral.mixed;
  }

  /** Time over which counters and powers were watched together, ms. */
  get elapsedMs(): number {
    return this.earlierMs + (this.last?.timestamp ?? 0) - (this.first?.timestamp ?? 0);
  }

  /** The latest counters, in catalog units. */
  get counters(): Readonly<Record<string, number>> {
    return this.last?.counters ?? {};
  }

  /** What the integral of power says over the watched time. */
  get expected(): Flows {
    return addFlows(this.earlierFlows, addFlows(this.last?.flows ?? NO_FLOWS, this.first?.flows ?? NO_FLOWS, -1));
  }

  /** By how much each counter grew over the watched time, in catalog units. */
  get grown(): Readonly<Record<string, number>> {
    const grown: Record<string, number> = {};
    for (const name of this.names) {
      const now = this.last?.counters[name] ?? 0;
      grown[name] = (this.earlierCounters[name] ?? 0) + now - (this.first?.counters[name] ?? 0);
    }
    return grown;
  }

  private mark(timestamp: number, values: Readonly<Record<string, unknown>>): void {
    const counters: Record<string, number> = {};
    for (const name of this.names) {
      const value = values[name];
      if (typeof value !== 'number') return;
      counters[name] = value;
      // Started anew: a reset, a rollover, or another meter.
      if (value < (this.last?.counters[name] ?? value)) this.endWindow();
    }
    // Power was read a moment before or will be a moment later: the gap is far below the window.
    this.last = { timestamp, flows: this.integral.flows, counters };
    this.first ??= this.last;
  }

  private endWindow(): void {
    if (this.first !== undefined && this.last !== undefined) {
      const { first, last } = this;
      this.earlierMs += last.timestamp - first.timestamp;
      this.earlierFlows = addFlows(this.earlierFlows, addFlows(last.flows, first.flows, -1));
      for (const name of this.names) {
        const grown = (last.counters[name] ?? 0) - (first.counters[name] ?? 0);
        this.earlierCounters[name] = (this.earlierCounters[name] ?? 0) + grown;
      }
    }
    this.first = undefined;
    this.last = undefined;
  }
}
