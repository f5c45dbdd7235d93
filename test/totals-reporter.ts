import { writeFileSync } from 'node:fs';
import Mocha, { type MochaOptions, type Runner } from 'mocha';
import { TOTALS_FILE, type Totals } from './totals';

/** Lines of a reason that the end of the run repeats. */
const REASON_LINES = 6;

function reasonOf(thrown: unknown): string {
  const lines = (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)).split('\n');
  return lines.slice(0, REASON_LINES).join('\n    ');
}

/** The usual readable output, and the totals as JSON for whoever started the run. */
class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const failures: string[] = [];
    runner.on('fail', (test, thrown: unknown) => failures.push(`${test.fullTitle()}\n    ${reasonOf(thrown)}`));
    runner.on('pending', (test) => failures.push(`${test.fullTitle()}\n    did not run`));
    runner.once('end', () => {
      const file = process.env[TOTALS_FILE];
      const { passes, failures: failed, pending } = this.stats;
      const totals: Totals = { passed: passes, failed: failed + pending, failures };
      if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
    });
  }
}

module.exports = TotalsReporter;
