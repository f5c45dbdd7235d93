import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findProgram } from './programs';
import { removeFolder, temporaryFolder } from '../temporary-folder';

/** Samples of a series, one every 15 s from time 0, as promtool writes them: `0x20 5x10`, `_` for none. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

const INPUT_INTERVAL_SECONDS = 15;

/** What an alert must be at a time. */
export interface Expectation {
  readonly at: number;
  /** How many alerts of this name fire. */
  readonly firing: number;
}

/**
 * Evaluates a rule file over made-up series with Prometheus's own code.
 * @param at seconds
 * @returns what promtool complains about; empty when everything is as expected
 */
export function testRules(
  rules: string,
  alert: string,
  inputs: readonly InputSeries[],
  expected: readonly Expectation[],
): string {
  const folder = temporaryFolder('promtool');
  try {
    writeFileSync(join(folder, 'rules.yml'), rules);
    const test = {
      interval: `${INPUT_INTERVAL_SECONDS}s`,
      input_series: inputs,
      promql_expr_test: expected.map(({ at, firing }) => ({
        expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
        eval_time: `${at}s`,
        exp_samples: [{ labels: '{}', value: firing }],
      })),
    };
    const file = { rule_files: ['rules.yml'], evaluation_interval: `${INPUT_INTERVAL_SECONDS}s`, tests: [test] };
    writeFileSync(join(folder, 'test.yml'), stringify(file));
    const run = spawnSync(findProgram('promtool'), ['test', 'rules', 'test.yml'], { cwd: folder, encoding: 'utf8' });
    return run.status === 0 ? '' : `${run.stdout}${run.stderr}`;
  } finally {
    removeFolder(folder);
  }
}
