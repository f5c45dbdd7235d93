/** What a run of a suite came to. */
export interface Totals {
  readonly passed: number;
  /** Tests and hooks that failed, and tests that did not run. */
  readonly failed: number;
  /** Titles of tests and hooks that failed or did not run, each with the first lines of its reason. */
  readonly failures: readonly string[];
}

/** Name of the environment variable with the path of the file that gets the totals as JSON. */
export const TOTALS_FILE = 'PM500_TEST_TOTALS';
