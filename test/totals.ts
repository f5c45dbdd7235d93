/** What a run of a suite came to. */
export interface Totals {
  readonly passed: number;
  /** Tests and hooks that failed, and tests that did not run. */
  readonly failed: number;
}

/** Name of the environment variable with the path of the file that gets the totals as JSON. */
export const TOTALS_FILE = 'PM500_TEST_TOTALS';
