import type { Measured, SupplyQuarter } from './supply';
import type { StoredDemand } from './figures';
import type { StoredQuarter } from './load-profile';

/** A counter of active import that went back. */
export interface CounterStep {
  /** The quarter of an hour in which it was seen, epoch milliseconds UTC. */
  readonly atMs: number;
  /** Wh. */
  readonly fromWh: number;
  readonly toWh: number;
}

/** What became of an alarm within the period. */
export interface StoredAlarm {
  readonly id: string;
  readonly severity: string;
  readonly message: string;
  readonly raised: number;
  /** Quarters of an hour in which it was raised; absent where it was not. */
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** Whether it was active when the period ended, as far as known. */
  readonly isActive: boolean;
}

/** When a reason was given for energy that no delta has. */
export interface CounterMark {
  readonly reason: 'counter_started' | 'counter_replaced' | 'counter_unconfirmed';
  /** The first and the last quarter of an hour. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What else is known of a meter that is out of a file. */
export interface FileFacts {
  /** Quarters of an hour of the period of which rows are missing or contradict each other. */
  readonly partial: number;
  /** Length of an interval of the file, minutes. */
  readonly stepMinutes: number;
}

/** What a database or a file holds of a meter, for a period and, of energies and demands, for the one before. */
export interface StoredFigures {
  readonly meter: string;
  /** In the order of time, from before the period before to after the period. */
  readonly quarters: readonly StoredQuarter[];
  readonly demands: readonly StoredDemand[];
  /** The same of the year before. */
  readonly yearBefore: Pick<StoredFigures, 'quarters' | 'demands'>;
  /** Of the period. */
  readonly supply: readonly SupplyQuarter[];
  readonly voltageUnbalance?: Measured;
  readonly currentUnbalance?: Measured;
  readonly frequency?: Measured;
  readonly counterSteps: readonly CounterStep[];
  readonly counterMarks: readonly CounterMark[];
  /** How many values were missing, by reason. */
  readonly missing: ReadonlyMap<string, number>;
  readonly alarms: readonly StoredAlarm[];
  /** Where it is out of a file, which has energies alone. */
  readonly file?: FileFacts;
}
