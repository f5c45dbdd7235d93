/**
 * `npm run release -- FOLDER`: what a release is made of, into a folder that is empty or not there: the package, its bill of
 * materials, and SHA256SUMS of both, which whoever releases signs (docs/security/verify-a-release.md). The same commit gives
 * the same bytes on another day and another computer with the same npm.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const SUMS = 'SHA256SUMS';

/** As `sha256sum` writes and checks it. */
function sumLine(folder: string, name: string): string {
  return `${createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex')}  ${name}\n`;
}

function release(folder: string): readonly string[] {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty; name another folder.`);
  mkdirSync(folder, { recursive: true });
  // Builds first (prepack); the last line is the name of the file.
  const printed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const tarball = basename(printed.trim().split('\n').at(-1) ?? '');
  const bill = tarball.replace(/\.tgz$/, '.cdx.json');
  copyFileSync(join(ROOT, 'dist/sbom.cdx.json'), join(folder, bill));
  writeFileSync(join(folder, SUMS), [bill, tarball].map((name) => sumLine(folder, name)).join(''));
  return [tarball, bill, SUMS];
}

const [folder] = process.argv.slice(2);
try {
  if (folder === undefined) throw new Error('Name a folder, such as npm run release -- ../release.');
  for (const name of release(resolve(folder))) console.log(name);
} catch (thrown) {
  console.error(`release: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
}
