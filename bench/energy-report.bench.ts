import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchLine } from './report';

const MONTH_S = 5;
const DAY_MINUTES = 1440;

/** A table of some days up to the end of October 2026, with the same load each day. */
function tableOf(meters: number, days: number, stepMinutes: number): string {
  const lines = ['meter,interval_start,active_energy_kwh,reactive_energy_lagging_kvarh'];
  const endMs = Date.parse('2026-11-01T00:00:00Z');
  for (let day = days; day > 0; day -= 1) {
    const date = new Date(endMs - day * DAY_MINUTES * 60_000).toISOString().slice(0, 10);
    for (let minute = 0; minute < DAY_MINUTES; minute += stepMinutes) {
      const time = `${date}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      for (let meter = 0; meter < meters; meter += 1)
        lines.push(`m${meter},${time},${(minute % 97) / 8},${(minute % 31) / 8}`);
    }
  }
  return lines.join('\n');
}

/** Seconds and megabytes of one run of the command, from a cold start to the page. */
function run(folder: string, ...args: readonly string[]): { readonly seconds: number; readonly megabytes: number } {
  const peak = join(folder, 'peak.cjs');
  writeFileSync(
    peak,
    "process.on('exit', () => require('fs').writeFileSync(__dirname + '/peak', String(process.resourceUsage().maxRSS)));",
  );
  const began = process.hrtime.bigint();
  execFileSync(process.execPath, ['--require', peak, 'dist/src/cli/main.js', ...args], { stdio: 'pipe' });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { seconds, megabytes: Number(execFileSync('cat', [join(folder, 'peak')], { encoding: 'utf8' })) / 1024 };
}

/** `pm500 report` as a person starts it. The peer is the figure that a month of quarters has to reach. */
export function benchEnergyReport(): BenchLine[] {
  const folder = mkdtempSync(join(tmpdir(), 'pm500-bench-report-'));
  try {
    const measure = (what: string, meters: number, days: number, stepMinutes: number): BenchLine => {
      const file = join(folder, 'table.csv');
      writeFileSync(file, tableOf(meters, days, stepMinutes));
      const { seconds, megabytes } = run(
        folder,
        'report',
        'month',
        '--of',
        '2026-10',
        '--csv',
        file,
        '--folder',
        folder,
      );
      const note = `${megabytes.toFixed(0)} MB`;
      return { what, value: `${seconds.toFixed(2)} s`, ratio: seconds / MONTH_S, peer: `${MONTH_S} s`, note };
    };
    const { seconds } = run(folder, 'report', '--help');
    return [
      { what: 'start of the command, --help', value: `${seconds.toFixed(2)} s` },
      measure('a month out of a year of quarters, 1 meter', 1, 365, 15),
      measure('a month out of three at 1 min, 1 meter', 1, 92, 1),
      measure('a month out of three of quarters, 50 meters', 50, 92, 15),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
