import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { DeadLetters } from '../../src/delivery/dead-letters';
import { Delivery } from '../../src/delivery/delivery';
import { totalLoss } from '../../src/delivery/stats';
import { systemClock } from '../../src/support/clock';
import { hasCode, Pm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import type { StatusLine } from './status';

/** What `influx-target` offers to `influx-out`. */
export interface InfluxTargetNode extends Node {
  readonly target: Delivery;
  /** That of an InfluxDB 1; empty for its default, absent for others. */
  readonly retentionPolicy?: string;
}

export function isInfluxTargetNode(candidate: unknown): candidate is InfluxTargetNode {
  return (
    typeof candidate === 'object' && candidate !== null && 'target' in candidate && candidate.target instanceof Delivery
  );
}

/** How a node hands lines to a target. */
export interface LineInlet {
  /** Resolves when the lines are queued or written, as was chosen. @throws Pm500Error as `Delivery` does */
  submit(lines: readonly string[]): Promise<void>;
  /** Lets the target close once no more messages can come to the node. */
  close(removed: boolean): Promise<void>;
}

export function openInlet(node: Pick<Node, 'id'>, target: Delivery, acknowledge: 'queued' | 'written'): LineInlet {
  const leave = target.users.enter();
  let isRestarting = false;
  const submitAndWait = async (lines: readonly string[]): Promise<void> => {
    try {
      await target.submitAndWait(lines, node.id);
    } catch (thrown) {
      if (!isRestarting || !(thrown instanceof Pm500Error && thrown.code === 'DELIVERY_STILL_WAITING')) throw thrown;
      // The lines are written after the deployment: such a message is neither done nor has it failed.
      await new Promise(() => undefined);
    }
  };
  return {
    submit: async (lines) => {
      await (acknowledge === 'written' ? submitAndWait(lines) : target.submit(lines, node.id));
    },
    close: (removed) => {
      isRestarting = !removed;
      return target.users.leaveLate(leave);
    },
  };
}

const BYTES_PER_MEGABYTE = 1_000_000;

/** The file for lines that the database refuses; none where Node-RED has no user directory. */
export function openDeadLetters(RED: NodeAPI, id: string, megabytes: number): { readonly deadLetters?: DeadLetters } {
  const settings: unknown = RED.settings;
  const userDir = isRecord(settings) ? settings['userDir'] : undefined;
  if (typeof userDir !== 'string' || userDir === '') return {};
  const path = join(userDir, 'pm500', 'refused', `${encodeURIComponent(id)}.lp`);
  return { deadLetters: new DeadLetters(path, systemClock, megabytes * BYTES_PER_MEGABYTE) };
}

/** Shows how delivery to a target goes; before the first point, whether it would go. What was lost stays shown. */
export function showDelivery(status: StatusLine, { stats, health }: Pick<Delivery, 'stats' | 'health'>): void {
  const { state, waiting, written, problem, refused } = stats;
  const count = (lines: number): string => lines.toLocaleString('en-US').replaceAll(',', ' ');
  const lost = totalLoss(stats);
  const isWell = state === 'idle' || state === 'sending';
  if (state !== 'closed' && problem !== undefined) {
    status.show('failed', hasCode(problem, 'OUTBOX_WRITE_FAILED') ? 'outboxFailed' : 'outboxUnavailable');
  } else if (state !== 'closed' && lost > 0) status.show(isWell ? 'partial' : 'failed', 'lost', { lines: count(lost) });
  else if (state === 'held') status.show('failed', 'held', { lines: count(waiting.records) });
  else if (state === 'retrying') status.show('partial', 'waiting', { lines: count(waiting.records) });
  else if (state === 'closed') status.clear();
  else if (refused > 0) status.show('partial', 'refusedPoints', { lines: count(refused) });
  else if (written > 0) status.show('ok', 'written', { lines: count(written) });
  else if (health?.healthy === false) status.show('failed', health.problem === 'refused' ? 'unwelcome' : 'unreachable');
  else status.show('idle', 'ready');
}
