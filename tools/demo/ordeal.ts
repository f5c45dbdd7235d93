import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from './stage';
import { moreAcknowledged } from './witness';

/** What was done to the demo, and when, epoch milliseconds. */
export interface Ordeal {
  /** The database was stopped, where it is the demo's own, and the way to the broker cut. */
  readonly awayAt: number;
  readonly killedAt: number;
  readonly restartedAt: number;
  /** Both were there again. */
  readonly backAt: number;
  readonly hasStoppedDatabase: boolean;
}

/** The share of the time of the run that the outage lasts until Node-RED is killed. */
const UNTIL_KILL = 0.25;

/**
 * Takes database and broker away, kills Node-RED while readings wait for both, starts it again, and only then brings
 * them back: what waits must have survived on the disk.
 */
export async function undergo(stage: Stage, seconds: number): Promise<Ordeal> {
  const own = stage.database?.own;
  await moreAcknowledged(stage, 2);
  const awayAt = Date.now();
  await Promise.all([own?.halt(), stage.broker.cut()]);
  await Promise.all([pause(seconds * UNTIL_KILL * 1000), moreAcknowledged(stage, 3)]);
  const killedAt = Date.now();
  await stage.killNodeRed();
  await stage.restartNodeRed();
  const restartedAt = Date.now();
  await moreAcknowledged(stage, 2);
  await Promise.all([own?.resume(), stage.broker.mend()]);
  const backAt = Date.now();
  await moreAcknowledged(stage, 3);
  return { awayAt, killedAt, restartedAt, backAt, hasStoppedDatabase: own !== undefined };
}

/** A reading reaches the two sinks one after the other; the process may be killed when but one of them has it. */
const BETWEEN_SINKS_MS = 2000;

/** True for what was read just before the process was killed. */
export function isUnderWay({ killedAt }: Ordeal, timestamp: number): boolean {
  return timestamp > killedAt - BETWEEN_SINKS_MS && timestamp <= killedAt;
}
