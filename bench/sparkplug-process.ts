import { connectAsync } from 'mqtt';
import { get } from 'sparkplug-payload';
import { totalLoss } from '../src/delivery/stats';
import { writeHistoryRecord } from '../src/sparkplug/history/history-record';
import { waitFor } from '../testkit/wait';
import { serveChild } from './child';
import { bear, feedLive, openEdge, type BenchEdge } from './sparkplug-edge';
import { GROUP, LIVE_DEVICE, METRICS, monotonicMs, samplesOf, type Job, type Report } from './sparkplug-job';
import { pause } from './within';

/* A process that publishes to a broker; its job is a `Job`. */

const BULK_DEVICES = Array.from({ length: 10 }, (_, index) => `bulk-${index}`);
const MESSAGES_PER_TURN = 50;
/** Messages that the broker has not acknowledged yet: 2 MB. */
const MOST_WAITING = 4000;
/** The peer has no acknowledgment: what it may have in its socket. */
const PEER_SOCKET_BYTES = 2_000_000;
const HEAP_EVERY_MS = 100;
const ALONE_MS = 3000;
const DRAIN_MS = 120_000;
/** Records of the backlog that are stored together. */
const STORED_TOGETHER = 1000;

const bulkDevice = (round: number): string => BULK_DEVICES[round % BULK_DEVICES.length] ?? '';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Follows the heap without collecting garbage itself, which would stop everything: the least in a while is in use. */
class HeapWatch {
  private readonly seen: number[] = [];
  private readonly timer = setInterval(() => {
    this.seen.push(process.memoryUsage().heapUsed / 1e6);
  }, HEAP_EVERY_MS);

  end(): [number, number, number] {
    clearInterval(this.timer);
    const third = Math.max(1, Math.floor(this.seen.length / 3));
    const least = (from: number): number => Math.min(...this.seen.slice(from, from + third));
    return [least(0), least(third), least(2 * third)];
  }
}

/** Publishes for a while as much as is taken. @returns messages */
async function sustain(durationMs: number, publish: (round: number) => void, isFull: () => boolean): Promise<number> {
  const until = monotonicMs() + durationMs;
  let count = 0;
  while (monotonicMs() < until) {
    if (isFull()) await pause(1);
    else {
      for (let index = 0; index < MESSAGES_PER_TURN; index++) publish(++count);
      await turn();
    }
  }
  return count;
}

type Measured = Pick<Report, 'seconds' | 'cpuSeconds' | 'heapMegabytes'>;

/** Measures what `run` takes until the broker has read what it has published. */
async function measure(run: () => Promise<void>, confirm: () => Promise<void>): Promise<Measured> {
  const heap = new HeapWatch();
  const cpu = cpuSeconds();
  const startedAt = monotonicMs();
  await run();
  await confirm();
  const seconds = (monotonicMs() - startedAt) / 1000;
  return { seconds, cpuSeconds: cpuSeconds() - cpu, heapMegabytes: heap.end() };
}

/** What an edge node has published as present values since it was born. */
function counterOf({ edge }: BenchEdge): () => Pick<Report, 'messages' | 'metrics' | 'suppressed'> {
  const presentMetrics = (): number => edge.counts.metrics - edge.counts.historical;
  const before = presentMetrics();
  return () => ({
    messages: edge.counts.messages,
    metrics: presentMetrics() - before,
    suppressed: edge.counts.suppressed,
  });
}

/** Publishes as `sparkplug-out` does, which is done with a message when the broker has read it. */
function acceptingPublisher({ edge }: BenchEdge): { publish: (round: number) => void; isFull: () => boolean } {
  let waiting = 0;
  const settle = (): void => {
    waiting--;
  };
  return {
    publish: (round) => {
      const device = bulkDevice(round);
      const accepted = edge.watch(device);
      edge.publish(device, samplesOf(round));
      waiting++;
      void accepted().then(settle, settle);
    },
    isFull: () => waiting > MOST_WAITING,
  };
}

async function runOurs(bench: BenchEdge, { durationMs }: Job): Promise<Report> {
  await bear(bench, BULK_DEVICES);
  const counted = counterOf(bench);
  const { publish, isFull } = acceptingPublisher(bench);
  const measured = await measure(
    async () => {
      await sustain(durationMs, publish, isFull);
    },
    () => bench.confirm(),
  );
  return { ...measured, ...counted(), live: 0 };
}

async function runPeer({ port, durationMs }: Job): Promise<Report> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
  const codec = get('spBv1.0')!;
  const publish = (round: number): void => {
    const timestamp = Date.now();
    const metrics = samplesOf(round, timestamp).map(({ value }, index) => ({
      alias: index,
      type: 'Float',
      value,
      timestamp,
    }));
    const payload = codec.encodePayload({ timestamp, seq: round % 256, metrics } as never);
    client.publish(`spBv1.0/${GROUP}/DDATA/peer/${bulkDevice(round)}`, Buffer.from(payload));
  };
  const confirm = (): Promise<void> =>
    new Promise((resolve) => {
      client.on('packetreceive', ({ cmd }) => {
        if (cmd === 'pingresp') resolve();
      });
      client.sendPing();
    });
  const isFull = (): boolean => client.stream.writableLength > PEER_SOCKET_BYTES;
  let messages = 0;
  const measured = await measure(async () => {
    messages = await sustain(durationMs, publish, isFull);
  }, confirm);
  return { ...measured, messages, metrics: messages * METRICS, suppressed: 0, live: 0 };
}

async function runPaced(bench: BenchEdge, { durationMs, rate }: Job): Promise<Report> {
  await bear(bench, BULK_DEVICES, LIVE_DEVICE);
  const counted = counterOf(bench);
  const { publish } = acceptingPublisher(bench);
  const endLive = feedLive(bench, LIVE_DEVICE);
  let live = 0;
  const pace = async (): Promise<void> => {
    const startedAt = monotonicMs();
    let count = 0;
    for (let elapsed = 0; elapsed < durationMs; elapsed = monotonicMs() - startedAt) {
      const due = Math.floor((elapsed / 1000) * (rate / METRICS));
      while (count < due) {
        publish(++count);
        // Who has to catch up must let the socket have its turns, too.
        if (count % MESSAGES_PER_TURN === 0) await turn();
      }
      await pause(1);
    }
    live = endLive();
  };
  const measured = await measure(pace, () => bench.confirm());
  return { ...measured, ...counted(), live };
}

/** What an edge node has stored in an outage. */
async function storeBacklog({ outbox }: BenchEdge, values: number): Promise<void> {
  const acceptedAt = Date.now();
  const records = Math.ceil(values / METRICS);
  for (let stored = 0; stored < records; stored += STORED_TOGETHER) {
    const together = Array.from({ length: Math.min(STORED_TOGETHER, records - stored) }, (_, index) => {
      const round = stored + index;
      const samples = samplesOf(round, acceptedAt - (records - round));
      return { payload: writeHistoryRecord({ deviceId: bulkDevice(round), samples }), acceptedAt };
    });
    await outbox.append(together);
  }
}

async function runBacklog(bench: BenchEdge, { backlogValues }: Job): Promise<Report> {
  const { edge, outbox } = bench;
  await storeBacklog(bench, backlogValues);
  globalThis.gc?.();
  await bear(bench, BULK_DEVICES, LIVE_DEVICE);
  const endLive = feedLive(bench, LIVE_DEVICE);
  const counted = counterOf(bench);
  const from = monotonicMs();
  let to = from;
  const drain = async (): Promise<void> => {
    await waitFor('the end of the backlog', () => outbox.stats().depth === 0, { timeoutMs: DRAIN_MS, everyMs: 20 });
    to = monotonicMs();
  };
  const measured = await measure(drain, () => bench.confirm());
  await pause(ALONE_MS);
  const live = endLive();
  const alone = [to, monotonicMs()] as const;
  const { forwarded = 0 } = edge.history ?? {};
  const lost = totalLoss(edge.delivery);
  return { ...measured, ...counted(), ...{ live, drained: [from, to], alone, forwarded, lost } };
}

serveChild(async (given) => {
  const job = given as Job;
  if (job.kind === 'peer') return runPeer(job);
  const bench = openEdge(job);
  if (job.kind === 'ours') return runOurs(bench, job);
  return job.kind === 'paced' ? runPaced(bench, job) : runBacklog(bench, job);
});
