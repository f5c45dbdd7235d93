/**
 * `npm test`: everything. Installs what is missing where it can, builds the package, runs the fast tests and then those
 * with real servers. The last line is "N passed, N failed". Arguments choose suites by the beginning of their name.
 */
import { execFileSync } from 'node:child_process';
import { installAwsPackages } from './aws-packages';
import { setUp } from './set-up';
import { AWS_SUITE, runSuite, SUITES } from './suites';
import { ROOT } from '../testkit/root';

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const suites = SUITES.filter(({ name, isOnDemand = false }) =>
    chosen.length === 0 ? !isOnDemand : chosen.some((word) => name.startsWith(word)),
  );
  let passed = 0;
  let failed = 0;
  try {
    setUp();
    if (suites.some(({ name }) => name === AWS_SUITE)) installAwsPackages();
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
    const running: Promise<void>[] = [];
    for (const suite of suites) {
      if (suite.isBeside !== true) await Promise.all(running);
      running.push(
        runSuite(suite).then((totals) => {
          passed += totals.passed;
          failed += totals.failed;
        }),
      );
    }
    await Promise.all(running);
  } catch (thrown) {
    console.error(`npm test: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    failed += 1;
  }
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  console.log(`\n${passed} passed, ${failed} failed`);
}

void main();
