/**
 * What `npm run demo` runs: reads the command line, builds where something has changed, and begins. Whoever asks for help or
 * mistypes an option need not wait for the build.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HELP, parseOptions } from './options';

const BUILD = join(__dirname, '../build.ts');

function start(args: readonly string[]): void {
  if (args.includes('--help')) {
    console.log(HELP);
    return;
  }
  try {
    parseOptions(args);
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 2;
    return;
  }
  execFileSync(process.execPath, ['--require', 'tsx/cjs', BUILD, '--unless-fresh'], { stdio: 'inherit' });
  createRequire(__filename)('./main');
}

start(process.argv.slice(2));
