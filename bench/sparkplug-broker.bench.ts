import { connect, connectAsync, type MqttClient } from 'mqtt';
import { get } from 'sparkplug-payload';
import { MemoryOutbox } from '../src/outbox/memory';
import { createBdSeqCounter, memoryBdSeqStore } from '../src/sparkplug/bd-seq';
import { conditionOf } from '../src/sparkplug/condition';
import { writeHistoryRecord } from '../src/sparkplug/history-record';
import type { MetricSample } from '../src/sparkplug/metrics';
import { createOpenLink } from '../src/sparkplug/mqtt-link';
import { EdgeSession } from '../src/sparkplug/session';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { startMosquitto } from '../test/support/mosquitto';
import { waitFor } from '../test/support/wait';
import { percentile } from './measure';
import { formatCount, type BenchLine } from './report';

const NAMES = Array.from({ length: 30 }, (_, index) => `metric_${index}`);
const GOOD = conditionOf('good');
const RUN_MS = 2000;
const MESSAGES_PER_TURN = 50;
const BACKLOG_VALUES = 60_000;
const LIVE_EVERY_MS = 10;
const RATE = { valuesPerSecond: 100_000, maximumAgeMs: Infinity };

function samplesOf(value: number): readonly MetricSample[] {
  const timestamp = Date.now();
  return NAMES.map((name, index) => ({
    name,
    type: 'Float',
    value: value + index,
    timestamp,
    description: {},
    condition: GOOD,
  }));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createEdge(port: number, outbox: MemoryOutbox): EdgeSession {
  const edge = new EdgeSession(
    {
      node: { groupId: 'bench', edgeNodeId: 'edge' },
      broker: { host: '127.0.0.1', port, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
      settleMs: 20,
      history: RATE,
    },
    {
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
      openLink: createOpenLink(connect, systemClock),
      bdSeq: createBdSeqCounter(memoryBdSeqStore()),
      outbox,
    },
  );
  edge.start();
  return edge;
}

/** Publishes as much as the broker takes for a while. @returns messages per second */
async function sustain(publish: (round: number) => void, isFull: () => boolean): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() - startedAt < RUN_MS) {
    if (!isFull()) for (let index = 0; index < MESSAGES_PER_TURN; index++) publish(++count);
    await turn();
  }
  while (isFull()) await turn();
  return (count / (performance.now() - startedAt)) * 1000;
}

function isBacklogged(client: MqttClient): boolean {
  return client.stream.writableLength > 1_000_000;
}

/** Delays of live messages from `publish` to a subscriber, ms, until `isOver`. */
async function delays(edge: EdgeSession, reader: MqttClient, isOver: () => boolean): Promise<readonly number[]> {
  const found: number[] = [];
  const sentAt = new Map<number, number>();
  const seen = (topic: string): void => {
    if (!topic.endsWith('/live')) return;
    const [first] = sentAt;
    if (first === undefined) return;
    sentAt.delete(first[0]);
    found.push(performance.now() - first[1]);
  };
  reader.on('message', seen);
  for (let round = 1; !isOver(); round++) {
    sentAt.set(round, performance.now());
    edge.publish('live', [{ ...samplesOf(round)[0]!, value: round + found.length / 1e6 }]);
    await new Promise((resolve) => setTimeout(resolve, LIVE_EVERY_MS));
  }
  await waitFor('the last live values', () => sentAt.size === 0);
  reader.off('message', seen);
  return found;
}

/** Encoding and publishing to a Mosquitto on this machine, and a backlog that is forwarded beside live data. */
export async function benchSparkplugBroker(): Promise<BenchLine[]> {
  const broker = await startMosquitto({ lines: ['max_queued_messages 0'] });
  const outbox = new MemoryOutbox({ maximumBytes: 1e9 }, systemClock);
  const edge = createEdge(broker.port, outbox);
  const reader = await connectAsync(broker.url);
  const peer = await connectAsync(broker.url);
  try {
    for (const device of ['bulk', 'live']) edge.publish(device, samplesOf(0));
    await waitFor('births', () => edge.state.devices.length === 2);
    const before = edge.counts.suppressed;
    const ours = await sustain(
      (round) => {
        edge.publish('bulk', samplesOf(round));
      },
      () => edge.isBacklogged,
    );
    const held = edge.counts.suppressed - before;
    const codec = get('spBv1.0')!;
    const theirs = await sustain(
      (round) => {
        const metrics = samplesOf(round).map(({ value, timestamp }, index) => ({
          alias: index + 1,
          type: 'Float',
          value,
          timestamp,
        }));
        const payload = codec.encodePayload({ timestamp: Date.now(), seq: round % 256, metrics } as never);
        peer.publish('spBv1.0/bench/DDATA/peer/bulk', Buffer.from(payload));
      },
      () => isBacklogged(peer),
    );
    await reader.subscribeAsync('spBv1.0/bench/DDATA/edge/live');
    const until = performance.now() + 1000;
    const alone = await delays(edge, reader, () => performance.now() > until);
    for (let index = 0; index < BACKLOG_VALUES / NAMES.length; index++) {
      const payload = writeHistoryRecord({ deviceId: 'bulk', samples: samplesOf(index) });
      await outbox.append([{ payload, acceptedAt: Date.now() }]);
    }
    const startedAt = performance.now();
    edge.publish('bulk', [{ ...samplesOf(-1)[0]!, name: 'further' }]);
    const beside = await delays(edge, reader, () => outbox.stats().depth === 0);
    const drainSeconds = (performance.now() - startedAt) / 1000;
    const ms = (samples: readonly number[]): string => `${percentile(samples, 0.99).toFixed(1)} ms`;
    return [
      {
        what: 'encode and publish to Mosquitto, metrics/s',
        value: formatCount(ours * NAMES.length),
        ratio: ours / theirs,
        peer: 'sparkplug-payload + mqtt',
        note: `${held} values held back`,
      },
      { what: 'publish to subscriber, p99', value: ms(alone), note: `${alone.length} messages` },
      {
        what: 'the same while a backlog is forwarded, p99',
        value: ms(beside),
        note: `${BACKLOG_VALUES} values in ${drainSeconds.toFixed(1)} s, worst ${Math.max(...beside).toFixed(1)} ms`,
      },
    ];
  } finally {
    await edge.close();
    await Promise.all([reader.endAsync(true), peer.endAsync(true)]);
    await broker.stop();
  }
}
