import { connectAsync, type MqttClient } from 'mqtt';
import { DEFAULTS } from '../nodes/shared/forms';
import { decodePayload } from '../src/sparkplug/codec/payload';
import { startMosquitto } from '../testkit/servers/mosquitto';
import { removeFolder, temporaryFolder } from '../testkit/temporary-folder';
import { waitFor } from '../testkit/wait';
import { reportOf } from './child';
import { percentile } from './measure';
import { formatCount, type BenchLine } from './report';
import { pause } from './within';
import { EDGE_NODE, GROUP, LIVE_DEVICE, monotonicMs, type Job, type Report, type Span } from './sparkplug-job';

const RUN_MS = 6000;
const RATE = 200_000;
const BACKLOG_VALUES = 1_000_000;
/** What is drained within the limits that an edge node has to begin with. */
const LIMITED_VALUES = 150_000;
const { historicalMessagesPerSecond, historicalKilobytesPerSecond } = DEFAULTS['sparkplug-edge'];
const BYTES_PER_KILOBYTE = 1000;
const SECOND_MS = 1000;
/** Chosen in the settings of the edge node. */
const HISTORICAL_PER_SECOND = Number(process.env['PM500_HISTORICAL_PER_S'] ?? '100000');
const QUIET_MS = 300;
const REPORT_MS = 150_000;
/** A word for every message would be more work for the broker than the message. */
const QUIET_BROKER = [
  'log_type none',
  'log_type information',
  'log_type error',
  'sys_interval 1',
  // The way from the broker to the subscriber is not what is measured.
  'set_tcp_nodelay true',
  'max_queued_messages 0',
];
const LIMITS = {
  messagesPerSecond: historicalMessagesPerSecond,
  bytesPerSecond: historicalKilobytesPerSecond * BYTES_PER_KILOBYTE,
};
const RECEIVED_TOPIC = '$SYS/broker/publish/messages/received';

interface Delay {
  readonly dueMs: number;
  readonly delayMs: number;
}

/** Reads what live messages say of when they were due, and what the broker says of itself. */
class Reader {
  readonly delays: Delay[] = [];
  /** Live values that came as historical ones. */
  historical = 0;
  /** Messages of values of earlier, of devices other than the live one. */
  readonly forwarded: { readonly atMs: number; readonly bytes: number }[] = [];
  /** PUBLISH messages that the broker has counted. */
  received = 0;

  constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload) => {
      if (topic === RECEIVED_TOPIC) this.received = Number(payload.toString());
      else if (topic.endsWith(`/${LIVE_DEVICE}`)) this.take(payload);
      else this.forwarded.push({ atMs: monotonicMs(), bytes: topic.length + payload.length });
    });
  }

  /** @param device whose data it reads, or "+" */
  static async open(url: string, device: string): Promise<Reader> {
    const reader = new Reader(await connectAsync(url));
    await reader.client.subscribeAsync([RECEIVED_TOPIC, `spBv1.0/${GROUP}/DDATA/${EDGE_NODE}/${device}`]);
    return reader;
  }

  /** The most messages, and the most bytes, that came within a second. */
  mostForwarded(): { readonly messages: number; readonly bytes: number } {
    let [from, bytes] = [0, 0];
    const most = { messages: 0, bytes: 0 };
    this.forwarded.forEach((message, index) => {
      bytes += message.bytes;
      for (; message.atMs - this.forwarded[from]!.atMs >= SECOND_MS; from++) bytes -= this.forwarded[from]!.bytes;
      most.messages = Math.max(most.messages, index - from + 1);
      most.bytes = Math.max(most.bytes, bytes);
    });
    return most;
  }

  private take(payload: Uint8Array): void {
    const nowMs = monotonicMs();
    for (const { raw, isHistorical } of decodePayload(payload).metrics) {
      // The probe is the only Double; it is 0 in what was taken before the birth.
      if (raw?.field !== 'double' || raw.content === 0) continue;
      if (isHistorical) this.historical++;
      this.delays.push({ dueMs: raw.content, delayMs: nowMs - raw.content });
    }
  }

  within([from, to]: Span): readonly number[] {
    return this.delays.filter(({ dueMs }) => dueMs >= from && dueMs < to).map(({ delayMs }) => delayMs);
  }
}

const rateOf = ({ metrics, seconds }: Report): number => metrics / seconds;
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const megabytes = ({ heapMegabytes }: Report): string => heapMegabytes.map((heap) => heap.toFixed(0)).join(', ');

function describeDelays(delays: readonly number[]): string {
  const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)];
  return `p50 ${ms(p50)}, p99 ${ms(p99)}, worst ${ms(Math.max(...delays))} of ${delays.length}`;
}

/** Runs one job against a broker of its own. */
async function run(kind: Job['kind'], folder: string): Promise<Report & { readonly reader: Reader }> {
  const broker = await startMosquitto({ lines: QUIET_BROKER });
  const isLimited = kind === 'limited';
  const reader = await Reader.open(broker.url, isLimited ? '+' : LIVE_DEVICE);
  try {
    const job: Job = {
      ...{ kind, port: broker.port, folder: `${folder}/${kind}`, durationMs: RUN_MS, rate: RATE },
      ...{ backlogValues: isLimited ? LIMITED_VALUES : BACKLOG_VALUES, historicalPerSecond: HISTORICAL_PER_SECOND },
      ...(isLimited ? LIMITS : {}),
    };
    const report = await reportOf<Report>(
      { name: `Sparkplug, ${kind}`, script: 'sparkplug-process.js', job },
      REPORT_MS,
    );
    // What the process believes to have published, the broker must have counted.
    const { messages } = report;
    await waitFor(`${messages} messages counted by the broker`, () => {
      if (reader.received < messages) throw new Error(`it has counted ${reader.received}`);
      return true;
    });
    // A subscriber that still gets something is not done.
    for (let seen = -1; seen !== reader.delays.length;) {
      seen = reader.delays.length;
      await pause(QUIET_MS);
    }
    return { ...report, reader };
  } finally {
    await reader.client.endAsync(true);
    await broker.stop();
  }
}

function reportRate(ours: Report, peer: Report): readonly BenchLine[] {
  const perCpu = ({ metrics, cpuSeconds }: Report): number => metrics / cpuSeconds;
  return [
    {
      what: 'encode and publish to Mosquitto, metrics/s',
      value: formatCount(rateOf(ours)),
      ratio: rateOf(ours) / rateOf(peer),
      peer: 'sparkplug-payload + mqtt',
      note: `${formatCount(rateOf(peer))}; ${ours.suppressed} values held back; the peer knows no births, changes, or store`,
    },
    {
      what: '  the same per second of CPU',
      value: formatCount(perCpu(ours)),
      ratio: perCpu(ours) / perCpu(peer),
      peer: 'sparkplug-payload + mqtt',
    },
    { what: '  heap at start, middle, end, MB', value: megabytes(ours), note: `of the peer ${megabytes(peer)}` },
  ];
}

function reportPaced({ reader, ...paced }: Awaited<ReturnType<typeof run>>): BenchLine {
  const delays = reader.delays.map(({ delayMs }) => delayMs);
  return {
    what: `publish to subscriber beside ${formatCount(RATE)} metrics/s, p99`,
    value: ms(percentile(delays, 0.99)),
    note: `${describeDelays(delays)} (${paced.live} due); ${formatCount(rateOf(paced))} reached, ${paced.suppressed} values held back`,
  };
}

function reportBacklog({
  reader,
  drained = [0, 0],
  alone = [0, 0],
  ...backlog
}: Awaited<ReturnType<typeof run>>): readonly BenchLine[] {
  const seconds = (drained[1] - drained[0]) / 1000;
  const beside = reader.within(drained);
  return [
    {
      what: `${formatCount(BACKLOG_VALUES)} values from disk drained, s`,
      value: seconds.toFixed(1),
      note: `${backlog.forwarded} acknowledged, ${backlog.lost} lost; allowed ${formatCount(HISTORICAL_PER_SECOND)}/s`,
    },
    {
      what: '  live data meanwhile, p99',
      value: ms(percentile(beside, 0.99)),
      note: `${describeDelays(beside)}; of ${backlog.live} live messages ${reader.delays.length} came, ${reader.historical} as historical`,
    },
    {
      what: '  live data afterward, p99',
      value: ms(percentile(reader.within(alone), 0.99)),
      note: describeDelays(reader.within(alone)),
    },
    { what: '  heap at start, middle, end of draining, MB', value: megabytes(backlog) },
  ];
}

function reportLimited({
  reader,
  drained = [0, 0],
  ...limited
}: Awaited<ReturnType<typeof run>>): readonly BenchLine[] {
  const { messages, bytes } = reader.mostForwarded();
  const seconds = (drained[1] - drained[0]) / SECOND_MS;
  const beside = reader.within(drained);
  return [
    {
      what: 'drained within the limits, most in a second',
      value: `${messages} messages`,
      note: `${(bytes / BYTES_PER_KILOBYTE).toFixed(0)} kB; allowed ${historicalMessagesPerSecond} and ${historicalKilobytesPerSecond} kB; ${formatCount(LIMITED_VALUES / seconds)} values/s, ${limited.forwarded} acknowledged, ${limited.lost} lost`,
    },
    { what: '  live data meanwhile, p99', value: ms(percentile(beside, 0.99)), note: describeDelays(beside) },
  ];
}

/**
 * An edge node with its store on disk on a Mosquitto of this machine, in a process of its own: how much it publishes, how
 * late live data comes to a subscriber (from when it was due), and a backlog that is forwarded beside live data: one
 * message of 30 metrics every ten milliseconds.
 */
export async function benchSparkplugBroker(): Promise<BenchLine[]> {
  const folder = temporaryFolder('bench-sparkplug');
  try {
    const ours = await run('ours', folder);
    const peer = await run('peer', folder);
    const paced = await run('paced', folder);
    const backlog = await run('backlog', folder);
    const limited = await run('limited', folder);
    return [...reportRate(ours, peer), reportPaced(paced), ...reportBacklog(backlog), ...reportLimited(limited)];
  } finally {
    removeFolder(folder);
  }
}
