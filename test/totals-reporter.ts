import { writeFileSync } from 'node:fs';
import Mocha, { type MochaOptions, type Runner } from 'mocha';
import { TOTALS_FILE, type Totals } from './totals';

/** The usual readable output, and the totals as JSON for whoever started the run. */
class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env[TOTALS_FILE];
      const totals: Totals = { passed: this.stats.passes, failed: this.stats.failures + this.stats.pending };
      if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
    });
  }
}

module.exports = TotalsReporter;
