import { connect } from 'mqtt';
import { DEFAULTS } from '../nodes/shared/forms';
import { openOutbox } from '../src/outbox/disk';
import type { Outbox } from '../src/outbox/outbox';
import { createOpenLink, type MqttLink } from '../src/mqtt/mqtt-link';
import { diskQueues } from '../src/sparkplug/history/queue-place';
import { EdgeSession } from '../src/sparkplug/session/session';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { waitFor } from '../testkit/wait';
import { realDependencies } from '../testkit/sparkplug/real-dependencies';
import { EDGE_NODE, GROUP, LIVE_EVERY_MS, liveSamples, monotonicMs, samplesOf, type Job } from './sparkplug-job';

/** An edge node with its store on disk, as `sparkplug-edge` makes it. */
export interface BenchEdge {
  readonly edge: EdgeSession;
  readonly outbox: Outbox;
  /** Resolves when the broker has read everything published. */
  confirm(): Promise<void>;
}

export function openEdge(job: Job): BenchEdge {
  const { port, folder, historicalPerSecond, messagesPerSecond, bytesPerSecond } = job;
  const { keepAliveSeconds } = DEFAULTS['sparkplug-edge'];
  const limits = { maximumBytes: 1e9 };
  const outbox = openOutbox({ folder, limits, clock: systemClock, logger: silentLogger });
  const openLink = createOpenLink(connect, systemClock);
  let link: MqttLink | undefined;
  const edge = new EdgeSession(
    {
      node: { groupId: GROUP, edgeNodeId: EDGE_NODE },
      broker: { host: '127.0.0.1', port, keepAliveSeconds, connectTimeoutMs: 5000 },
      history: {
        valuesPerSecond: historicalPerSecond,
        ...(messagesPerSecond === undefined ? {} : { messagesPerSecond }),
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        store: limits,
      },
    },
    {
      ...realDependencies(),
      openLink: (...given) => (link = openLink(...given)),
      outbox,
      queues: diskQueues(`${folder}-absent`, systemClock, silentLogger),
    },
  );
  return {
    edge,
    outbox,
    confirm: async () => {
      await link?.confirm();
    },
  };
}

/** Connects, and resolves when all devices are born. */
export async function bear({ edge }: BenchEdge, devices: readonly string[], live?: string): Promise<void> {
  edge.start();
  for (const device of devices) edge.publish(device, samplesOf(0));
  if (live !== undefined) edge.publish(live, liveSamples(0, 0));
  const count = devices.length + (live === undefined ? 0 : 1);
  await waitFor('the births', () => edge.state.devices.length === count, { everyMs: 1 });
}

/**
 * Live data on a grid of time. What is late because this process was busy bears the time at which it was due.
 * @returns ends it and tells how many messages were due
 */
export function feedLive({ edge }: BenchEdge, device: string): () => number {
  const startedAt = monotonicMs();
  let round = 0;
  const timer = setInterval(() => {
    for (let due = startedAt + (round + 1) * LIVE_EVERY_MS; due <= monotonicMs(); due += LIVE_EVERY_MS) {
      edge.publish(device, liveSamples(due, ++round));
    }
  }, 1);
  return () => {
    clearInterval(timer);
    return round;
  };
}
