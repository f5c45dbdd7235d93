import type { DrainPort } from './drain-port';
import { History } from './history';
import { memoryQueues } from './queue-place';
import type { EdgeSessionDependencies, EdgeSessionSettings } from '../session/session-settings';

/** A dead link shows after one and a half keep-alives; a second more for the clocks. */
const BLIND_KEEP_ALIVES = 1.5;
const BLIND_MARGIN_MS = 1000;

/** The history of a session; undefined where it has no store and forward. */
export function createHistory(
  { history, broker }: Pick<EdgeSessionSettings, 'history' | 'broker'>,
  { outbox, queues, clock, logger }: Pick<EdgeSessionDependencies, 'outbox' | 'queues' | 'clock' | 'logger'>,
  port: DrainPort,
): History | undefined {
  if (history === undefined || outbox === undefined) return undefined;
  const blindMs = broker.keepAliveSeconds * 1000 * BLIND_KEEP_ALIVES + BLIND_MARGIN_MS;
  const stores = { outbox, queues: queues ?? memoryQueues(clock) };
  return new History({ ...history, blindMs }, stores, port, clock, logger);
}
