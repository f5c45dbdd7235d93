import type { MeterModel } from '../../meters/meter-model';
import type { Reading } from '../messages/reading';
import { arrivedBlocks, FlowIntegral, type Flows } from './flow-integral';

/** So many reads of the energy counters are kept at most, spread over the whole run. */
const MOST_MARKS = 64;
/** One read of the energy counters as it came, and what had flowed until then. */
export interface EnergyMark {
  readonly timestamp: number;
  readonly bytes: DataView;
  /** Integral of the powers as they were read, since the beginning. */
  readonly flows: Flows;
  /** Marks of different segments have a time between them of which no power is known. */
  readonly segment: number;
}

/** Where the energy counters stand. */
export interface EnergySource {
  readonly instance: number;
  readonly sizeBytes: number;
}

/** The bytes of the energy counters over time, beside the integral of the powers. Bounded. */
export class EnergyTrace {
  private readonly integral = new FlowIntegral();
  private kept: EnergyMark[] = [];
  private latest: EnergyMark | undefined;
  private segment = 0;
  private seen = 0;
  private stride = 1;

  /** @param source the assembly of the energy counters, and how long its data is */
  constructor(private readonly source: EnergySource) {}

  accept(reading: Reading): void {
    const { instance, sizeBytes } = this.source;
    for (const block of arrivedBlocks(reading)) {
      if (!this.integral.accept(block)) {
        // The last mark before a gap closes its segment: it must not be thinned away.
        if (this.latest !== undefined && this.kept.at(-1) !== this.latest) this.keep(this.latest);
        this.segment++;
      }
      if (block.assembly !== instance || block.raw?.length !== 2 * sizeBytes) continue;
      const bytes = Buffer.from(block.raw, 'hex');
      if (bytes.length === sizeBytes) this.mark(block.timestamp, bytes);
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

/** A trace of the energy counters of a model, where its layout has them. */
export function energyTraceOf({ energy: { instance }, layout }: Pick<MeterModel, 'energy' | 'layout'>): EnergyTrace {
  const sizeBytes = layout.assemblies.find((assembly) => assembly.instance === instance)?.sizeBytes ?? 0;
  return new EnergyTrace({ instance, sizeBytes });
}
