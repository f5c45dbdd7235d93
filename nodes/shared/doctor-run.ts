import { execFile, type ExecFileException } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { extname, join } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { MetricFamily } from '../../src/domain/diagnostics/prometheus';
import type { DoctorReport } from '../../src/doctor/examine';
import { doctorMetrics } from '../../src/doctor/format/prometheus';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import { sentences } from '../../src/support/sentence';
import { ownPath } from './user-dir';

/** The command takes less than ten seconds; a computer that is busy gets three times as long. */
const LONGEST_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;
/** The highest that Linux knows. */
const FIRST_TO_END = '1000';
/** How the command ends where it has made a report: 0, and by the worst finding. */
const REPORTED: readonly unknown[] = [0, 3, 4, 5];

export const DOCTOR_RUN_SENTENCES = sentences('doctorRun', {
  noFolder: 'This Node-RED has no user directory, so there is nothing to look at.',
  failed: 'The readiness checks could not be made: {why}.',
  late: 'it took more than {seconds} s',
});
const { say } = DOCTOR_RUN_SENTENCES;

let running: Promise<DoctorReport> | undefined;
let last: DoctorReport | undefined;

/** Where this Node-RED has its files, as options of the command. */
function placesOf(RED: NodeAPI): readonly string[] {
  const settings: unknown = RED.settings;
  const text = (name: string): string => {
    const value = isRecord(settings) ? settings[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const userDirectory = ownPath(RED);
  if (userDirectory === undefined) throw new Pm500Error('CONFIG_INVALID', say('noFolder'));
  const settingsFile = text('settingsFile');
  return ['--user-dir', userDirectory, ...(settingsFile === '' ? [] : ['--settings', settingsFile])];
}

function readReport(error: ExecFileException | null, stdout: string, stderr: string): DoctorReport {
  const code = error === null ? 0 : error.code;
  if (!REPORTED.includes(code)) {
    const isLate = error?.killed === true;
    const why = isLate ? say('late', { seconds: LONGEST_MS / 1000 }) : stderr.trim() || (error?.message ?? '');
    throw new Pm500Error('INTERNAL', say('failed', { why }));
  }
  return JSON.parse(stdout) as DoctorReport;
}

/** In a process of its own, of low priority: nothing that it meets can hold Node-RED up. */
function start(RED: NodeAPI): Promise<DoctorReport> {
  const kind = extname(__filename);
  // From the sources, as tests run them, the loader of this process is needed there too.
  const loader = kind === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  const program = join(__dirname, `../../src/cli/main${kind}`);
  const args = [...loader, program, 'doctor', '--json', ...placesOf(RED)];
  // Inside Electron the same program is no Node.js without this.
  const env = 'electron' in process.versions ? { ...process.env, ELECTRON_RUN_AS_NODE: '1' } : process.env;
  const limits = { timeout: LONGEST_MS, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES, windowsHide: true } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { env, ...limits }, (error, stdout, stderr) => {
      try {
        resolve(readReport(error, stdout, stderr));
      } catch (thrown) {
        reject(toPm500Error(thrown));
      }
    });
    try {
      if (child.pid !== undefined) {
        setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
        // Linux ends this one, and not Node-RED, where the memory of both is at its limit.
        writeFileSync(`/proc/${child.pid}/oom_score_adj`, FIRST_TO_END);
      }
    } catch {
      // It runs all the same.
    }
  });
}

/**
 * `pm500 doctor` for this Node-RED, as its own user; whoever asks meanwhile shares it.
 * @throws Pm500Error in one sentence
 */
export async function runDoctorOnce(RED: NodeAPI): Promise<DoctorReport> {
  running ??= Promise.resolve(RED)
    .then(start)
    .finally(() => {
      running = undefined;
    });
  last = await running;
  return last;
}

/** What the last checks found, for Prometheus; nothing where none were made since Node-RED has started. */
export const lastDoctorMetrics = (): readonly MetricFamily[] => (last === undefined ? [] : doctorMetrics(last));
