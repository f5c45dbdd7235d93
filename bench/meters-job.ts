/** How often each meter is read, all nine assemblies. */
export const INTERVAL_MS = 1000;

/** What a process that reads many meters is told. */
export interface MetersJob {
  /** Ours, or the least that a program can do to get the same data. */
  readonly way: 'ours' | 'bare';
  readonly transport: 'ucmm' | 'input-only';
  readonly meters: number;
  readonly measureMs: number;
}

/** What it says of one stretch of time. */
export interface MetersReport {
  readonly reads: number;
  readonly failed: number;
  readonly missed: number;
  readonly seconds: number;
  readonly cpuMicrosecondsPerRead: number;
  /** Share of one core. */
  readonly load: number;
  readonly p50JitterMs: number;
  readonly p99JitterMs: number;
}

/** From the first attempt to connect until every meter has been read, and after that. */
export interface MetersOutcome {
  readonly starting: MetersReport;
  readonly running: MetersReport;
  readonly kilobytesPerMeter: number;
  readonly firstFailure?: string;
}

const METERS_PER_NETWORK = 250;

/** Each meter has an address of its own on the loopback network. */
export function addressOf(index: number): string {
  return `127.0.${10 + Math.floor(index / METERS_PER_NETWORK)}.${1 + (index % METERS_PER_NETWORK)}`;
}

/** What whoever reads them tells. */
export interface MeterCycles {
  begin(phaseMs: number): void;
  /** @param meter index of it */
  end(meter: number, reads: number, failed: number): void;
  fail(message: string): void;
}

export interface RunningMeters {
  /** Cycles that were left out from the beginning. */
  missed(): number;
}
