import type { Telemetry } from '../src/domain/messages/telemetry';

/** One way to bring messages into a database. */
export interface BenchWriter {
  /** Takes messages that come together. Resolves when more may come. */
  write(telemetries: readonly Telemetry[]): Promise<void>;
  /** Resolves when nothing waits any more; more may come afterward. */
  settle(): Promise<void>;
  /** Resolves when nothing waits any more, and lets go of everything. */
  close(): Promise<void>;
}
