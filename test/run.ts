/**
 * `npm test`: everything. Installs what is missing where it can, builds the package, runs the fast tests and then those
 * with real servers. At the end stand how long each suite took and what failed, once more; the last line is
 * "N passed, N failed". Arguments choose suites by the beginning of their name.
 */
import { execFileSync } from 'node:child_process';
import { installAwsPackages } from './aws-packages';
import { setUp } from './set-up';
import { AWS_SUITE, runSuite, SUITES, type Suite } from './suites';
import { ROOT } from '../testkit/root';

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const suites = SUITES.filter(({ name, isOnDemand = false }) =>
    chosen.length === 0 ? !isOnDemand : chosen.some((word) => name.startsWith(word)),
  );
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  const took: string[] = [];
  const run = async (suite: Suite): Promise<void> => {
    const began = performance.now();
    const totals = await runSuite(suite);
    passed += totals.passed;
    failed += totals.failed;
    failures.push(...totals.failures);
    took.push(`${Math.round((performance.now() - began) / 1000)} s for ${suite.name}`);
  };
  try {
    setUp();
    if (suites.some(({ name }) => name === AWS_SUITE)) installAwsPackages();
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
    const running = new Map<string, Promise<void>>();
    for (const suite of suites) {
      const before = suite.follows === undefined ? undefined : running.get(suite.follows);
      if (suite.isBeside !== true) await Promise.all(running.values());
      running.set(
        suite.name,
        (before ?? Promise.resolve()).then(() => run(suite)),
      );
    }
    await Promise.all(running.values());
  } catch (thrown) {
    failures.push(`npm test: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    failed += 1;
  }
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  console.log(`\n${took.join('\n')}`);
  if (failures.length > 0) console.log(`\n=== What failed\n\n${failures.join('\n\n')}`);
  console.log(`\n${passed} passed, ${failed} failed`);
}

void main();
