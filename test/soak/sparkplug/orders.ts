/** What the program under test is told, and what it answers: messages between it and the soak. */

/** How the program is started. */
export interface EdgeJob {
  readonly userDir: string;
  /** Gets a line "<device> <value> <time>" for each value that `sparkplug-out` was done with. */
  readonly notes: string;
  /** Properties of `sparkplug-edge`. */
  readonly edge: object;
  readonly devices: readonly string[];
  /** The first value that counts. */
  readonly first: number;
}

/** Metric that counts, one of the process template. */
export const COUNTING_METRIC = 'voltage_l1_n';

export type Order =
  /** Deploys: what is there closes, and begins again like this. */
  | { readonly kind: 'deploy'; readonly edge: object; readonly devices: readonly string[] }
  /** The wall clock is off by so much. */
  | { readonly kind: 'clock'; readonly offsetMs: number }
  /** Nothing of a meter can be read. */
  | { readonly kind: 'lose'; readonly devices: readonly string[] }
  /** Tells how it stands. */
  | { readonly kind: 'report' };

export interface EdgeReport {
  readonly phase: string;
  readonly devices: readonly string[];
  readonly alarm?: string;
  readonly error?: string;
  /** Values that wait. */
  readonly depth: number;
  /** Values that are lost, by cause. */
  readonly losses: Readonly<Record<string, number>>;
  /** Deployments that are done. */
  readonly deployments: number;
  readonly published: number;
  /** Lines of the log since the last report. */
  readonly logged: readonly string[];
}
