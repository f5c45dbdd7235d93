/** `npm run generate`: writes every page and file that is made of tables. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
/** What serves or packs something instead. */
const OTHERS: readonly string[] = ['aws-iot', 'demo', 'release'];

const generators = readdirSync(__dirname)
  .filter((name) => !OTHERS.includes(name) && existsSync(join(__dirname, name, 'main.ts')))
  .map((name) => join('tools', name, 'main.ts'));

for (const path of generators) {
  const { status } = spawnSync(process.execPath, ['--require', 'tsx/cjs', path], { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) continue;
  console.error(`${path} failed: correct what it says above, then run it again.`);
  process.exit(1);
}
