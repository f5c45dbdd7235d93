import { ENERGY_INSTANCE } from '../../meters/pm500/energy-candidates';
import type { Reading } from '../messages/reading';
import { arrivedBlocks, FlowIntegral, type Flows } from './flow-integral';

/** So many reads of assembly 107 are kept at most, spread over the whole run. */
const MOST_MARKS = 64;
/** Bytes of assembly 107 (1420-UM001E p.81). */
const SIZE_BYTES = 72;

/** One read of assembly 107 as it came, and what had flowed until then. */
export interface EnergyMark {
  readonly timestamp: number;
  readonly bytes: DataView;
  /** Integral of the powers as they were read, since the beginning. */
  readonly flows: Flows;
  /** Marks of different segments have a time between them of which no power is known. */
  readonly segment: number;
}

/** The bytes of assembly 107 over time, beside the integral of the powers of assembly 102. Bounded. */
export class EnergyTrace {
  private readonly integral = new FlowIntegral();
  private kept: EnergyMark[] = [];
  private latest: EnergyMark | undefined;
  private segment = 0;
  private seen = 0;
  private stride = 1;

  accept(reading: Reading): void {
    for (const block of arrivedBlocks(reading)) {
      if (!this.integral.accept(block)) {
        // The last mark before a gap closes its segment: it must not be thinned away.
        if (this.latest !== undefined && this.kept.at(-1) !== this.latest) this.keep(this.latest);
        this.segment++;
      }
      if (block.assembly !== ENERGY_INSTANCE || block.raw?.length !== 2 * SIZE_BYTES) continue;
      const bytes = Buffer.from(block.raw, 'hex');
      if (bytes.length === SIZE_BYTES) this.mark(block.timestamp, bytes);
    }
  }

  /** The reads in the order they came, the last one among them. */
  get marks(): readonly EnergyMark[] {
    const { kept, latest } = this;
    return latest === undefined || kept.at(-1) === latest ? kept : [...kept, latest];
  }

  /** True once one phase imported while another exported: then meters differ in how they count. */
  get mixed(): boolean {
    return this.integral.mixed;
  }

  private mark(timestamp: number, { buffer, byteOffset, byteLength }: Buffer): void {
    const flows = this.integral.flowsAt(timestamp);
    if (flows === undefined) this.segment++;
    const { segment } = this;
    const bytes = new DataView(buffer, byteOffset, byteLength);
    this.latest = { timestamp, bytes, flows: flows ?? this.integral.flows, segment };
    if (flows === undefined) this.segment++;
    if (this.seen++ % this.stride !== 0) return;
    this.keep(this.latest);
  }

  private keep(mark: EnergyMark): void {
    this.kept.push(mark);
    if (this.kept.length <= MOST_MARKS) return;
    this.kept = this.kept.filter((_, index) => index % 2 === 0);
    this.stride *= 2;
  }
}
