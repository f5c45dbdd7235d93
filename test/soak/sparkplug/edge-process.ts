import { join } from 'node:path';
import { startProcess, type RunningProcess } from '../../../testkit/servers/processes';
import { waitFor } from '../../../testkit/wait';
import type { EdgeJob, EdgeReport, Order } from './orders';

/** Values of one process do not reach those of the next. */
const VALUES_PER_PROCESS = 50_000;
const REPORT_MS = 20_000;
const CLOSE_MS = 30_000;

/** The edge node under test: a process that can be killed, started again, deployed and asked. */
export class EdgeProcess {
  private readonly job: Omit<EdgeJob, 'first'>;
  readonly logged: string[] = [];
  published = 0;
  private child: RunningProcess | undefined;
  private starts = 0;
  private edge: object;
  private deviceIds: readonly string[];
  private isKilled = true;

  constructor(job: Omit<EdgeJob, 'first'>) {
    this.job = job;
    this.edge = job.edge;
    this.deviceIds = job.devices;
  }

  /** Devices of the last deployment. */
  get devices(): readonly string[] {
    return this.deviceIds;
  }

  /** True where it ended without having been killed. */
  get hasFallen(): boolean {
    return !this.isKilled && this.child?.running !== true;
  }

  async start(): Promise<void> {
    const job: EdgeJob = {
      ...this.job,
      edge: this.edge,
      devices: this.deviceIds,
      first: VALUES_PER_PROCESS * this.starts++,
    };
    this.child = await startProcess({
      name: 'edge node',
      command: process.execPath,
      args: ['--require', 'tsx/cjs', join(__dirname, 'edge-program.ts'), JSON.stringify(job)],
      channel: true,
      ready: (output) => output.includes('ready'),
      readyTimeoutMs: 60_000,
    });
    this.isKilled = false;
  }

  async kill(): Promise<void> {
    await this.report();
    this.isKilled = true;
    await this.child?.kill();
  }

  tell(order: Order): void {
    this.child?.tell(order);
  }

  /** Deploys, and resolves when it has closed what was there and begun anew. */
  async deploy(change: object = {}, devices: readonly string[] = this.job.devices): Promise<void> {
    const { deployments } = await this.report();
    this.edge = { ...this.job.edge, ...change };
    this.deviceIds = devices;
    this.tell({ kind: 'deploy', edge: this.edge, devices });
    const isDone = async (): Promise<boolean> => (await this.report()).deployments > deployments;
    await waitFor('the deployment', isDone, { timeoutMs: CLOSE_MS });
  }

  /** @throws Error when it does not answer */
  async report(): Promise<EdgeReport> {
    const child = this.child;
    if (child?.running !== true) throw new Error(`The edge node has ended.\n${child?.output() ?? ''}`);
    const report = await new Promise<EdgeReport>((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error('The edge node does not answer.'));
      }, REPORT_MS);
      const stop = child.onMessage((message) => {
        clearTimeout(timer);
        stop();
        resolve(message as EdgeReport);
      });
      child.tell({ kind: 'report' });
    });
    this.logged.push(...report.logged);
    return report;
  }
}
