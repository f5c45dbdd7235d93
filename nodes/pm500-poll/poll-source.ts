import type { Node, NodeAPI } from 'node-red';
import { parseFleet, parseFleetEntries, takeShard, type Fleet } from '../../src/acquisition/fleet/fleet';
import { fleetFileReader, watchFleetFile } from '../../src/acquisition/fleet/fleet-file';
import type { FleetMeter } from '../../src/acquisition/fleet/fleet-row';
import { FleetRunner } from '../../src/acquisition/fleet/fleet-runner';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { startSpreadMs, type PollSchedule } from '../../src/acquisition/poll-schedule';
import { systemClock } from '../../src/support/clock';
import type { Pm500Error } from '../../src/support/errors';
import { createThrottle } from '../../src/support/throttle';
import type { ConfigReader } from '../shared/config';
import { isMeterNode, sharedMeters } from '../shared/meters';
import { PollMember, type MemberOptions } from './poll-member';
import type { PollSettings } from './read-settings';
import { showFleet, showMeter } from './poll-status';
import type { StatusLine } from '../shared/status';
import { PM500 } from '../../src/meters/pm500';

/** The meters that a node reads, one or many. */
export interface PollSource {
  readonly members: readonly PollMember[];
  /** Resolves when no meter is about to be started. */
  readonly settled: Promise<void>;
  /** What is wrong with the list of meters, a sentence each; the first few of many. */
  readonly problems: readonly string[];
  find(name: string): PollMember | undefined;
  stop(): Promise<void>;
}

/** What every meter is polled with; `onCondition` is the source's own. */
export type MemberEvents = (name: string) => Pick<MemberOptions, 'onReading' | 'onError' | 'onWait' | 'onBack'>;

const STATUS_EVERY_MS = 500;
/** Rows whose problem is told to whoever looks; the log has all. */
const MOST_TOLD = 5;

/** The one meter of a configuration node. */
function oneMeter(
  RED: NodeAPI,
  config: ConfigReader<'pm500-poll'>,
  { isScheduled, schedules }: PollSettings,
  events: MemberEvents,
  status: StatusLine,
): PollSource {
  const { session } = config.node('meter', (id) => RED.nodes.getNode(id), isMeterNode);
  const groups = schedules.flatMap((schedule) => schedule.groups);
  const member = new PollMember(session, {
    ...events(session.settings.name),
    schedules,
    isScheduled,
    startWithinMs: 0,
    onCondition: (condition) => {
      showMeter(status, condition, groups);
    },
  });
  return {
    members: [member],
    problems: [],
    settled: Promise.resolve(),
    find: (name) => (name === member.name ? member : undefined),
    stop: () => member.stop(),
  };
}

/** The meters of a list, in a file or in the settings of the node. */
class FleetSource implements PollSource {
  private readonly runner: FleetRunner<PollMember>;
  private readonly showSoon = createThrottle(systemClock, STATUS_EVERY_MS, () => {
    this.show();
  });
  private fileProblem: string | undefined;
  private rowProblems: readonly string[] = [];
  private startWithinMs = 0;
  private badRows = 0;
  private refused = 0;

  constructor(
    RED: NodeAPI,
    private readonly node: Node,
    private readonly settings: PollSettings,
    events: MemberEvents,
    private readonly status: StatusLine,
  ) {
    const start = (meter: FleetMeter): PollMember => {
      const { session, release } = sharedMeters(RED).acquire(settingsOf(PM500, meter));
      const onCondition = (): void => {
        this.showSoon.request();
      };
      try {
        return new PollMember(
          session,
          { ...events(meter.name), ...this.optionsOf(meter.schedules), onCondition },
          release,
        );
      } catch (thrown) {
        void release();
        throw thrown;
      }
    };
    this.runner = new FleetRunner(start, (_meter, problem) => {
      this.refused++;
      this.rowProblems = [...this.rowProblems, problem.message].slice(0, MOST_TOLD);
      this.node.error(problem, {});
    });
    this.show();
  }

  get members(): readonly PollMember[] {
    return this.runner.members;
  }

  get problems(): readonly string[] {
    return this.fileProblem === undefined ? this.rowProblems : [this.fileProblem, ...this.rowProblems];
  }

  get settled(): Promise<void> {
    return this.runner.settled;
  }

  find(name: string): PollMember | undefined {
    return this.runner.find(name);
  }

  /** Reads these meters from now on, and says which rows cannot be used. */
  take({ meters, problems }: Fleet): void {
    const { shard } = this.settings;
    this.badRows = problems.length;
    this.refused = 0;
    this.rowProblems = problems.slice(0, MOST_TOLD).map(({ message }) => message);
    for (const { message } of problems) this.node.error(message, {});
    const wanted = shard === undefined ? meters : takeShard(meters, shard);
    this.startWithinMs = startSpreadMs(wanted.filter(({ name }) => this.find(name) === undefined).length);
    void this.runner.apply(wanted).then(() => {
      this.node.log(`${this.members.length} meters are read.`);
      this.showSoon.request();
    });
  }

  /** The file cannot be used, or can be again. */
  tell(problem: Pm500Error | undefined): void {
    this.fileProblem = problem?.message;
    if (problem === undefined) this.node.log('The meter list can be read again.');
    else this.node.error(problem, {});
    this.showSoon.request();
  }

  async stop(): Promise<void> {
    await this.runner.stop();
    this.showSoon.cancel();
  }

  private optionsOf(
    schedules: readonly PollSchedule[],
  ): Pick<MemberOptions, 'schedules' | 'isScheduled' | 'startWithinMs'> {
    return { schedules, isScheduled: this.settings.isScheduled, startWithinMs: this.startWithinMs };
  }

  private show(): void {
    const conditions = this.members.map(({ poll }) => poll.condition);
    showFleet(this.status, {
      conditions,
      badRows: this.badRows + this.refused,
      isFileBad: this.fileProblem !== undefined,
    });
  }
}

/**
 * Begins to read what a node is set up to read.
 * @throws Pm500Error CONFIG_INVALID
 */
export function startPollSource(
  RED: NodeAPI,
  node: Node,
  config: ConfigReader<'pm500-poll'>,
  settings: PollSettings,
  events: MemberEvents,
  status: StatusLine,
): PollSource {
  const { source, fleetDefaults } = settings;
  if (source === 'meter') return oneMeter(RED, config, settings, events, status);
  const path = source === 'file' ? config.text('fleetFile') : '';
  const entries = source === 'list' ? config.list('fleet') : [];
  const fleet = new FleetSource(RED, node, settings, events, status);
  if (source === 'list') {
    fleet.take(parseFleetEntries(PM500, entries, 'of the node', fleetDefaults));
    return fleet;
  }
  const file = watchFleetFile({
    reader: fleetFileReader(path),
    clock: systemClock,
    parse: (text) => parseFleet(PM500, text, path, fleetDefaults),
    onFleet: (read) => {
      fleet.take(read);
    },
    onProblem: (problem) => {
      fleet.tell(problem);
    },
  });
  return {
    get members() {
      return fleet.members;
    },
    get problems() {
      return fleet.problems;
    },
    get settled() {
      return fleet.settled;
    },
    find: (name) => fleet.find(name),
    stop: () => {
      file.stop();
      return fleet.stop();
    },
  };
}
