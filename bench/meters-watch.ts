import { percentile } from './measure';
import { INTERVAL_MS, type MetersReport } from './meters-job';

/** Counts what one stretch of time brings, and what it costs this process. */
export class MetersWatch {
  private readonly jitters: number[] = [];
  private reads = 0;
  private failed = 0;
  private readonly startedAt = performance.now();
  private readonly cpu = process.cpuUsage();

  /** @param missedBefore cycles that were left out until now */
  constructor(private readonly missedBefore: number) {}

  /** A cycle begins, which is due once in every interval. @param phaseMs when in the interval */
  begin(phaseMs: number): void {
    const late = (((Date.now() - phaseMs) % INTERVAL_MS) + INTERVAL_MS) % INTERVAL_MS;
    // Timers may fire a little early.
    this.jitters.push(late > 0.9 * INTERVAL_MS ? late - INTERVAL_MS : late);
  }

  end(reads: number, failed: number): void {
    this.reads += reads;
    this.failed += failed;
  }

  /** @param missed cycles that were left out from the beginning */
  report(missed: number): MetersReport {
    const { user, system } = process.cpuUsage(this.cpu);
    const seconds = (performance.now() - this.startedAt) / 1000;
    return {
      reads: this.reads,
      failed: this.failed,
      missed: missed - this.missedBefore,
      seconds,
      cpuMicrosecondsPerRead: (user + system) / this.reads,
      load: (user + system) / 1e6 / seconds,
      p50JitterMs: percentile(this.jitters, 0.5),
      p99JitterMs: percentile(this.jitters, 0.99),
    };
  }
}
