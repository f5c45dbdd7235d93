import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Delivery } from '../src/delivery/delivery';
import { DEFAULT_BATCH_BYTES } from '../src/delivery/settings';
import { createInfluxDestination } from '../src/influx/destination';
import { MemoryOutbox } from '../src/outbox/memory';
import { EdgeSession } from '../src/sparkplug/session/session';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { sample } from '../testkit/sparkplug/samples';
import { Watcher } from '../testkit/sparkplug/watcher';
import { startMosquitto, type Mosquitto } from '../testkit/servers/mosquitto';
import { reply, ScriptedInflux, type Answer } from '../testkit/servers/scripted-influx';
import { TcpLink } from '../testkit/links/tcp-link';
import { waitFor } from '../testkit/wait';
import { realDependencies } from '../testkit/sparkplug/real-dependencies';
import { formatCount, type BenchLine } from './report';
import { pause } from './within';

const METERS = 50;
const READINGS = 400;
const METRICS = 10;
const KEEP_ALIVE_S = 30;
const RESTART_MS = 2000;
const WINDOW_MS = 12_000;
const PUBLISH_EVERY_MS = 20;
const HOSTILE_MS = 4000;
const MOST_MS = 60_000;
/** After the first births of a process all devices are waited for, before those that are not there wait by themselves. */
const GRACE_MS = 5500;
const STORE = { maximumBytes: 1e9 };

function createEdge(port: number): EdgeSession {
  const edge = new EdgeSession(
    {
      node: { groupId: 'bench', edgeNodeId: 'edge' },
      broker: { host: '127.0.0.1', port, keepAliveSeconds: KEEP_ALIVE_S, connectTimeoutMs: 5000 },
      history: { valuesPerSecond: 1_000_000, store: STORE },
      settleMs: 20,
    },
    { ...realDependencies(), outbox: new MemoryOutbox(STORE, systemClock) },
  );
  edge.start();
  return edge;
}

const meters = Array.from({ length: METERS }, (_, at) => `M${at}`);
const publish = (edge: EdgeSession, meter: string, value: number): void => {
  const at = Date.now();
  edge.publish(
    meter,
    Array.from({ length: METRICS }, (_, index) => sample(`m${index}`, value + index / 16, { at })),
  );
};

/** Historical values per second of all meters that are there, after an outage in which some were removed. */
async function historyRate(broker: Mosquitto, removed: readonly string[]): Promise<number> {
  const link = await TcpLink.open(broker.port);
  const edge = createEdge(link.port);
  for (const meter of meters) publish(edge, meter, 0);
  await waitFor('births', () => edge.state.devices.length === METERS);
  await pause(GRACE_MS);
  link.refuse();
  await waitFor('the outage', () => edge.state.phase !== 'born');
  for (let reading = 1; reading <= READINGS; reading++) for (const meter of meters) publish(edge, meter, reading);
  for (const meter of removed) edge.remove(meter);
  link.revive();
  await waitFor('the session', () => edge.state.phase === 'born', { timeoutMs: MOST_MS });
  const startedAt = performance.now();
  const wanted = (METERS - removed.length) * READINGS * METRICS;
  await waitFor('history', () => (edge.history?.forwarded ?? 0) >= wanted, { timeoutMs: MOST_MS, everyMs: 5 });
  const seconds = (performance.now() - startedAt) / 1000;
  await edge.close();
  link.close();
  return wanted / seconds;
}

/** How many values came again after the broker was restarted, of those that the blind window had. */
async function repeats(broker: Mosquitto): Promise<BenchLine> {
  const link = await TcpLink.open(broker.port);
  const watcher = await Watcher.open(broker.url);
  const edge = createEdge(link.port);
  const [meter = ''] = meters;
  let value = 0;
  const publishFor = async (ms: number): Promise<void> => {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      publish(edge, meter, value++);
      await pause(PUBLISH_EVERY_MS);
    }
  };
  publish(edge, meter, value++);
  await waitFor('the birth', () => edge.state.devices.length === 1);
  await publishFor(WINDOW_MS);
  const before = value * METRICS;
  await broker.halt();
  link.refuse();
  await publishFor(RESTART_MS);
  await broker.resume();
  const { host } = watcher;
  await watcher.close();
  const again = await Watcher.open(broker.url, host);
  link.revive();
  await waitFor('the session', () => edge.state.phase === 'born', { timeoutMs: MOST_MS });
  await waitFor('history', () => edge.history?.depth === 0, { timeoutMs: MOST_MS });
  let repeated = 0;
  for (let index = 0; index < METRICS; index++) {
    const path = `${meter}/m${index}`;
    const present = host.present.get(path) ?? new Set();
    repeated += (host.history.get(path) ?? []).filter(([, each]) => present.has(each)).length;
  }
  await edge.close();
  await again.close();
  link.close();
  return {
    what: `values that came again after a broker restart of ${RESTART_MS / 1000} s`,
    value: formatCount(repeated),
    ratio: repeated / before,
    peer: `what was published in the ${WINDOW_MS / 1000} s before`,
    note: `${formatCount(before)}; the blind window is ${KEEP_ALIVE_S * 1.5 + 1} s`,
  };
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Answers that are made to cost: long texts full of what looks like quoted lines, places and fields. */
const HOSTILE: readonly Answer[] = [
  reply(400, `{"error":"${"unable to parse 'm f=1 ".repeat(20_000)}`, { 'content-type': 'application/json' }),
  reply(422, `partial write: ${'input field "f" on measurement "m" is type float, '.repeat(10_000)} dropped=1`),
  reply(500, 'x'.repeat(2_000_000)),
  reply(400, `line ${'9'.repeat(400_000)}`),
];

/** What an event loop has to bear, and descriptors that stay, while a database answers what costs most. */
async function hostile(): Promise<readonly BenchLine[]> {
  let turn = 0;
  const server = new ScriptedInflux((response, received, socket) => {
    HOSTILE[turn++ % HOSTILE.length]?.(response, received, socket);
  });
  await server.start();
  const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
  const delivery = new Delivery(
    {
      batch: { records: 5000, bytes: DEFAULT_BATCH_BYTES, flushMs: 1 },
      retry: { initialMs: 5, maximumMs: 20, factor: 2, jitter: 0.3 },
      recheckMs: 20,
    },
    {
      outbox: new MemoryOutbox(STORE, systemClock),
      destination: createInfluxDestination({ url: server.url, endpoint, timeoutMs: 2000 }, systemClock),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    },
  );
  const lines = Array.from({ length: 5000 }, (_, at) => `m,t=${at} f=${at} ${1_767_600_000_000 + at}`);
  await delivery.submit(lines, 'bench');
  await pause(500);
  const before = descriptors();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await pause(HOSTILE_MS);
  delay.disable();
  const after = descriptors();
  const { waiting } = delivery.stats;
  await delivery.close();
  await server.stop();
  return [
    {
      what: `longest hold of the event loop under hostile answers, ms`,
      value: (delay.max / 1e6).toFixed(0),
      note: `${turn} answers in ${HOSTILE_MS / 1000} s; 99 % within ${(delay.percentile(99) / 1e6).toFixed(0)} ms`,
    },
    {
      what: '  descriptors more than before them; points kept of 5 000',
      value: `${after - before}; ${waiting.records}`,
    },
  ];
}

/** What ordinary mishaps and hostile answers cost. */
export async function benchHardship(): Promise<BenchLine[]> {
  const broker = await startMosquitto();
  try {
    await historyRate(broker, []);
    const all = await historyRate(broker, []);
    const without = await historyRate(broker, meters.slice(0, 1));
    return [
      {
        what: `history of ${METERS} meters of which one was removed, values/s`,
        value: formatCount(without),
        ratio: without / all,
        peer: 'none removed',
        note: formatCount(all),
      },
      await repeats(broker),
      ...(await hostile()),
    ];
  } finally {
    await broker.stop();
  }
}
