import { LossReport } from '../../delivery/loss-report';
import { NO_LOSSES, type DeliveryStats, type Losses } from '../../delivery/stats';
import type { Clock } from '../../support/clock';
import type { Logger } from '../../support/logger';
import type { EdgeState } from '../session/session-settings';
import type { HistoryRecord } from './history-record';
import { stateOf } from './history-stats';

const VALUE = { name: 'the Sparkplug host', unit: 'value' };

/** In the place of store and forward where nothing is stored: counts what nobody will ever see. */
export class NoStore {
  /** Values that no message carries. */
  private lost = 0;
  /** Metrics of each device whose newest value waits for the next birth. */
  private readonly waiting = new Map<string, Set<string>>();
  private readonly report: LossReport;

  constructor(clock: Clock, logger: Logger) {
    this.report = new LossReport(() => this.losses(0), VALUE, clock, logger);
  }

  /**
   * Values that could not be published.
   * @param areReplaced true where newer ones have come already; else the last of each metric comes with the next birth
   */
  keep({ deviceId, samples }: HistoryRecord, areReplaced: boolean): void {
    if (areReplaced) this.lost += samples.length;
    else {
      const names = this.waiting.get(deviceId) ?? new Set();
      this.waiting.set(deviceId, names);
      for (const { name } of samples) {
        if (names.has(name)) this.lost += 1;
        names.add(name);
      }
    }
    this.report.look();
  }

  /** A device was born, with the newest value of each metric. */
  onBirth(deviceId: string | undefined): void {
    if (deviceId !== undefined) this.waiting.delete(deviceId);
  }

  /** @param leftOut values that the broker would not take */
  delivery({ phase, error }: Pick<EdgeState, 'phase' | 'error'>, leftOut: number): DeliveryStats {
    return {
      state: stateOf(phase, error, 0),
      waiting: { records: 0, bytes: 0, oldestAgeMs: 0 },
      ...{ written: 0, refused: 0, setAside: 0, retries: 0 },
      losses: this.losses(leftOut),
      durable: false,
      ...(error === undefined ? {} : { lastError: error }),
    };
  }

  close(): void {
    this.report.close();
  }

  private losses(leftOut: number): Losses {
    return { ...NO_LOSSES, notKept: this.lost, tooLarge: leftOut };
  }
}
