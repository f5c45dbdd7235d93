import { openSync, writeSync } from 'node:fs';
import sparkplugEdge from '../../../nodes/sparkplug-edge';
import sparkplugOut from '../../../nodes/sparkplug-out';
import type { SparkplugEdgeNode } from '../../../nodes/shared/sparkplug-edges';
import { FakeRed, type FakeNode } from '../../../testkit/node-red/fake-red';
import { AlarmScript } from '../../../testkit/meters/alarms';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { COUNTING_METRIC, type EdgeJob, type EdgeReport, type Order } from './orders';

/*
 * The program under test: the nodes `sparkplug-edge` and `sparkplug-out` in a process of their own, fed with values that
 * count up. Its argument is an `EdgeJob`; it obeys an `Order` at a time.
 */

const EVERY_MS = 200;
const ENERGY_EVERY = 5;
const TEXT_EVERY = 23;
const ALARM_EVERY = 31;
const TEXT_CHARACTERS = 3000;
const EDGE = 'edge';

const job = JSON.parse(process.argv[2] ?? '{}') as EdgeJob;
const notes = openSync(job.notes, 'a');
const now = Date.now.bind(Date);
let offsetMs = 0;
Date.now = () => now() + offsetMs;

const red = new FakeRed({ userDir: job.userDir });
sparkplugEdge(red.api);
sparkplugOut(red.api);

let edge: FakeNode;
const outs = new Map<string, FakeNode>();
const alarms = new Map<string, AlarmScript>();
const lost = new Set<string>();
const logged: string[] = [];
let next = job.first;
let round = 0;
let deployments = 0;
let published = 0;

function create(type: string, properties: object): FakeNode {
  const node = red.create(type, properties);
  const log = (message: unknown): void => void logged.push(String(message));
  for (const line of [...node.logged, ...node.warnings, ...node.errors]) log(line);
  Object.assign(node, { log, warn: log, error: log, debug: () => undefined });
  return node;
}

function build(properties: object, devices: readonly string[]): void {
  edge = create('sparkplug-edge', { id: EDGE, ...properties });
  red.configurations.set(EDGE, edge);
  for (const device of devices)
    outs.set(device, create('sparkplug-out', { id: `out-${device}`, edge: EDGE, deviceId: device }));
  deployments++;
}

/** As Node-RED does: what is there closes side by side, and each is told whether it is gone for good. */
async function deploy({ edge: properties, devices }: Extract<Order, { kind: 'deploy' }>): Promise<void> {
  const closing = [...outs].map(([device, out]) => out.close(!devices.includes(device)));
  outs.clear();
  await Promise.all([edge.close(), ...closing]);
  build(properties, devices);
}

function alarmsOf(device: string): AlarmScript {
  const rule = { condition: 'above', limit: 100, message: 'Too much current.' };
  const script =
    alarms.get(device) ??
    new AlarmScript({ ...rule, id: 'high', metric: 'current_l1' }, { ...rule, id: 'hot', metric: 'current_l2' });
  alarms.set(device, script);
  return script;
}

/** What a meter has to say in this round, as `pm500-normalize` says it. */
function messagesOf(device: string, count: number, at: number): readonly object[] {
  if (lost.has(device)) {
    const { meter, ...bad } = telemetryOf(at, { [COUNTING_METRIC]: null, frequency: null });
    return [{ ...bad, meter: { ...meter, lostSince: at } }];
  }
  const messages: object[] = [
    telemetryOf(at, { [COUNTING_METRIC]: count, frequency: 50 + (count % 10) / 10, current_l1: count % 90 }),
  ];
  if (round % ENERGY_EVERY === 0)
    messages.push(telemetryOf(at, { energy_import: count * 10, power_factor_total: 0.9 }));
  if (round % TEXT_EVERY === 0)
    messages.push({ metrics: [{ name: 'note', value: `${count} ${'x'.repeat(TEXT_CHARACTERS)}`, timestamp: at }] });
  if (round === 1) messages.push(alarmsOf(device).rules());
  const isHigh = round % (2 * ALARM_EVERY) === 0;
  if (round % ALARM_EVERY === 0) messages.push(...alarmsOf(device).see('current_l1', isHigh ? 150 : 50));
  return messages.map((message) => JSON.parse(JSON.stringify(message)) as object);
}

async function publish(device: string, out: FakeNode): Promise<void> {
  const at = Date.now();
  const count = next++;
  published++;
  const [first, ...others] = messagesOf(device, count, at);
  const isCounted = !lost.has(device);
  const done = out.receive({ payload: first });
  for (const payload of others) void out.receive({ payload });
  const { error } = await done;
  if (error === undefined && isCounted) writeSync(notes, `${device} ${count} ${at}\n`);
}

function report(): EdgeReport {
  const { session } = edge as unknown as SparkplugEdgeNode;
  const { phase, devices, alarm, error } = session.state;
  const { delivery, history } = session;
  return {
    phase,
    devices,
    ...(alarm === undefined ? {} : { alarm: alarm.code }),
    ...(error === undefined ? {} : { error: error.message }),
    depth: history?.depth ?? 0,
    losses: delivery.losses,
    deployments,
    published,
    logged: logged.splice(0),
  };
}

let deploying: Promise<void> = Promise.resolve();

process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'deploy':
      deploying = deploying.then(() => deploy(order));
      break;
    case 'clock':
      offsetMs = order.offsetMs;
      break;
    case 'lose':
      lost.clear();
      for (const device of order.devices) lost.add(device);
      break;
    case 'report':
      process.send?.(report());
      break;
  }
});
// The soak is gone: nobody ends this process.
process.once('disconnect', () => process.exit(0));

build(job.edge, job.devices);
setInterval(() => {
  round++;
  for (const [device, out] of outs) void publish(device, out);
}, EVERY_MS);
console.log('ready');
