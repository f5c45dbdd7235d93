import { parseShard, type Shard } from '../../src/acquisition/fleet/fleet';
import type { FleetDefaults } from '../../src/acquisition/fleet/fleet-row';
import { schedulesOf, type PollSchedule } from '../../src/acquisition/poll-schedule';
import type { ConfigReader } from '../shared/config';
import { PM500 } from '../../src/meters/pm500';

/** How a `pm500-poll` node is set up, whatever it reads. */
export interface PollSettings {
  readonly source: 'meter' | 'file' | 'list';
  /** False: reads on a message only. */
  readonly isScheduled: boolean;
  /** Of the one meter. */
  readonly schedules: readonly PollSchedule[];
  /** What the rows of a list may leave out. */
  readonly fleetDefaults: FleetDefaults;
  /** The part of a list that is this process's; undefined: all of it. */
  readonly shard: Shard | undefined;
  /** 0: never. */
  readonly diagnosticsSeconds: number;
}

/** Names the part of every list that this process reads, unless a node names it itself. */
const SHARD_VARIABLE = 'PM500_SHARD';

/**
 * @param environment of the process
 * @throws Pm500Error CONFIG_INVALID
 */
export function readPollSettings(
  config: ConfigReader<'pm500-poll'>,
  environment: Readonly<Record<string, string | undefined>>,
): PollSettings {
  const intervalMs = config.number('intervalMs');
  const ownIntervals = config.numbers('groupIntervals');
  const groups = config.choices('groups');
  const source = config.choice('source');
  // A variable that is not set leaves its name in Node-RED's hands, which makes nothing of it.
  const shard = config.text('shard') || (environment[SHARD_VARIABLE] ?? '');
  return {
    source,
    isScheduled: config.choice('mode') === 'interval',
    schedules: schedulesOf(PM500, new Map(groups.map((name) => [name, ownIntervals.get(name) ?? intervalMs]))),
    fleetDefaults: {
      groups: new Map(groups.map((name) => [name, ownIntervals.get(name)])),
      intervalMs,
    },
    shard: source === 'meter' || shard === '' ? undefined : parseShard(shard),
    diagnosticsSeconds: config.number('diagnosticsSeconds'),
  };
}
