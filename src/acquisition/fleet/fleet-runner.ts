import type { Pm500Error } from '../../support/errors';
import { toPm500Error } from '../../support/errors';
import type { FleetMeter } from './fleet-row';

/** Something that runs for one meter of a list. */
export interface FleetMember {
  stop(): Promise<void>;
}

interface Running<Member> {
  /** The row that it was started with. */
  readonly row: string;
  readonly member: Member;
}

/** Keeps a list of meters running: starts what is new, stops what is gone, starts anew what has changed, and no other. */
export class FleetRunner<Member extends FleetMember> {
  private readonly running = new Map<string, Running<Member>>();
  private work: Promise<void> = Promise.resolve();
  private wanted: readonly FleetMeter[] = [];
  private stopped = false;

  /**
   * @param start begins to run a meter; what it throws costs that meter only
   * @param onProblem told of a meter that could not be started
   */
  constructor(
    private readonly start: (meter: FleetMeter) => Member,
    private readonly onProblem: (meter: FleetMeter, problem: Pm500Error) => void,
  ) {}

  /** Those that run now, in the order in which they were started. */
  get members(): readonly Member[] {
    return [...this.running.values()].map(({ member }) => member);
  }

  /** The one with this name. */
  find(name: string): Member | undefined {
    return this.running.get(name)?.member;
  }

  /** Resolves when the meters that were asked for last have been started. */
  get settled(): Promise<void> {
    return this.work;
  }

  /** Runs these meters from now on; resolves when it is so. A later call takes the place of one that has not begun. */
  apply(meters: readonly FleetMeter[]): Promise<void> {
    this.wanted = meters;
    this.work = this.work.then(() => this.reconcile());
    return this.work;
  }

  /** Stops all for good. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
    await Promise.all([...this.running.keys()].map((name) => this.end(name)));
  }

  private async reconcile(): Promise<void> {
    if (this.stopped) return;
    const rows = new Map(this.wanted.map((meter) => [meter.name, { meter, row: JSON.stringify(meter) }]));
    // An address may move to another name, so everything that ends has ended before anything starts.
    await Promise.all(
      [...this.running].filter(([name, { row }]) => rows.get(name)?.row !== row).map(([name]) => this.end(name)),
    );
    for (const { meter, row } of rows.values()) {
      // `stop` may have been called while the ones before ended.
      if (this.isStopped()) return;
      if (this.running.has(meter.name)) continue;
      try {
        this.running.set(meter.name, { row, member: this.start(meter) });
      } catch (thrown) {
        this.onProblem(meter, toPm500Error(thrown));
      }
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private async end(name: string): Promise<void> {
    const found = this.running.get(name);
    this.running.delete(name);
    await found?.member.stop();
  }
}
