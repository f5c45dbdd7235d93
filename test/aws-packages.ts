import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../testkit/root';

const FOLDER = join(ROOT, 'deploy/aws');

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(join(FOLDER, path), 'utf8');
  } catch {
    return undefined;
  }
};

/** Installs the packages of deploy/aws, which has its own, where they are not those of its lock file. */
export function installAwsPackages(): void {
  const marker = 'node_modules/.lock-of-tests.json';
  const lock = textOf('package-lock.json');
  if (lock !== undefined && textOf(marker) === lock) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], { cwd: FOLDER, stdio: 'inherit' });
  if (lock !== undefined) writeFileSync(join(FOLDER, marker), lock);
}
