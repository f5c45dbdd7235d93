/**
 * Every way to read a meter through every fault of a network, in network namespaces of its own: judges each value that is
 * delivered by what the meter served, and measures how soon after each fault a whole reading comes.
 *
 * `npx tsx test/field/main.ts [--minutes 30] [--only 'WORDS|WORDS']`; Linux, as root, with iproute2 and python3. It touches no
 * network of this computer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { meterRows } from '../../src/acquisition/meter-rows';
import { silentLogger } from '../../src/support/logger';
import { Stalls } from '../soak/stalls';
import { Lab } from './lab';
import { labClock } from './lab-clock';
import { LAB_METERS } from './lab-meters';
import { NETWORK_FAULTS, type NetworkFault } from './network-faults';
import { createLabRegistry, INTERVAL_MS, WatchedMeter } from './watched-meter';
import { PM500 } from '../../src/meters/pm500';
import { runInNamespaces } from './inside-namespaces';

const METER_ROWS = meterRows(PM500);

const LONGEST_MINUTES = 60;
const GIVE_UP_MS = 40_000;
const CALM_MS = 4000;
const LOOK_MS = 20;
/** Waiting for a whole reading is limited by the interval; timers, two processes and a busy computer add to it. */
const TOLERANCE_MS = 250;
const RECOVERY_MS = 2 * INTERVAL_MS + TOLERANCE_MS;
const MUTE_RECOVERY_MS = 5000 + 2 * INTERVAL_MS + TOLERANCE_MS;

/** How long recovery from a fault may take, ms. */
function limitOf({ isMute, leavesRequests }: NetworkFault): number {
  if (isMute === true) return MUTE_RECOVERY_MS;
  return leavesRequests === true ? METER_ROWS.replyTimeoutMs.default + RECOVERY_MS : RECOVERY_MS;
}

/** Milliseconds to recover from a fault, for each meter, round by round; `undefined`: it did not. */
type Recoveries = Map<NetworkFault, Map<string, (number | undefined)[]>>;

/**
 * Waits until every meter was read as a whole after `endedAt`, or after its PLC was back.
 * @returns how long that took, ms, without the time in which this process stood still
 */
async function recover(
  lab: Lab,
  meters: readonly WatchedMeter[],
  fault: NetworkFault,
  stalls: Stalls,
): Promise<Map<string, number>> {
  const endedAt = labClock.now();
  const readyAt = new Map<string, number>();
  const took = new Map<string, number>();
  while (took.size < meters.length && labClock.now() - endedAt < GIVE_UP_MS) {
    const owners = await lab.order('sync');
    for (const [index, watched] of meters.entries()) {
      // A PLC may find out only now that its connections are gone.
      if (owners[index] === false) readyAt.delete(watched.name);
      else if (!readyAt.has(watched.name)) readyAt.set(watched.name, labClock.now());
      const since = readyAt.get(watched.name);
      if (since === undefined || took.has(watched.name)) continue;
      const from = since - endedAt < 100 ? endedAt : since;
      if (watched.wholeAt <= from) continue;
      took.set(watched.name, watched.wholeAt - from - stalls.between(from, watched.wholeAt));
    }
    await pause(LOOK_MS);
  }
  for (const watched of meters) {
    const ms = took.get(watched.name);
    if (ms === undefined || ms > limitOf(fault)) {
      console.log(`  slow: ${watched.name} ${ms ?? `> ${GIVE_UP_MS}`} ms after ${fault.name}; ${watched.trouble}`);
    }
  }
  return took;
}

async function suffer(
  lab: Lab,
  meters: readonly WatchedMeter[],
  fault: NetworkFault,
  all: Recoveries,
  stalls: Stalls,
): Promise<void> {
  for (const watched of meters) watched.latenessMs = fault.latenessMs ?? 0;
  await fault.begin(lab);
  await pause(1000 * fault.lastsS);
  await fault.end(lab);
  const took = await recover(lab, meters, fault, stalls);
  const rounds = all.get(fault) ?? new Map<string, (number | undefined)[]>();
  all.set(fault, rounds);
  for (const { name } of meters) rounds.set(name, [...(rounds.get(name) ?? []), took.get(name)]);
  console.log(`${fault.name}: ${meters.map(({ name }) => took.get(name) ?? 'never').join(', ')} ms`);
  lab.names.isSilent = false;
  // Each outage ends at another moment of the interval.
  await pause(CALM_MS + Math.floor(INTERVAL_MS * Math.random()));
  for (const watched of meters) watched.latenessMs = 0;
}

function table(meters: readonly WatchedMeter[], all: Recoveries): string {
  const head = `| fault, slowest recovery in ms | times | ${meters.map(({ name }) => name).join(' | ')} |`;
  const rows = [...all].map(([{ name }, took]) => {
    const times = took.get(meters[0]!.name)!.length;
    const cells = meters.map((watched) => {
      const values = took.get(watched.name)!;
      return values.includes(undefined) ? 'never' : Math.max(...values.map(Number));
    });
    return `| ${name} | ${times} | ${cells.join(' | ')} |`;
  });
  return [head, `| --- | ${'--- | '.repeat(meters.length + 1)}`, ...rows].join('\n');
}

function summary(meters: readonly WatchedMeter[]): string {
  return meters
    .map(({ name, good, bad, wrong, told, oracle }) => {
      const codes = [...told].map(([code, count]) => `${code} ${count}`).join(', ');
      return `${name}: ${oracle.served} served, ${good} good blocks judged, ${wrong.length} wrong, ${bad} bad (${codes})`;
    })
    .join('\n');
}

/** @returns the exit code: 1 when a value was wrong or a recovery too slow */
async function run(minutes: number, only: string): Promise<number> {
  const lab = await Lab.open();
  const stalls = new Stalls(labClock);
  const registry = createLabRegistry(silentLogger);
  const meters = LAB_METERS.map((meter) => new WatchedMeter(meter, registry, stalls, () => lab.order('sync')));
  lab.onServed((index, served) => {
    meters[index]!.oracle.take(served);
  });
  const all: Recoveries = new Map();
  const faults = NETWORK_FAULTS.filter(({ name }) => only.split('|').some((words) => name.includes(words)));
  const until = labClock.now() + 60_000 * minutes;
  await pause(CALM_MS);
  for (let round = 0; labClock.now() < until; round++) {
    const fitting = faults.filter(({ lastsS }) => round === 0 || labClock.now() + 1000 * lastsS + CALM_MS < until);
    for (const fault of fitting) {
      if (round > 0 && labClock.now() + 1000 * fault.lastsS > until) continue;
      await suffer(lab, meters, fault, all, stalls);
    }
    if (fitting.length === 0) break;
  }
  await Promise.all(meters.map((watched) => watched.stop()));
  stalls.stop();
  await lab.close();
  const wrong = meters.flatMap((watched) => watched.wrong);
  console.log(`\n${table(meters, all)}\n\n${summary(meters)}\nlongest stall ${stalls.longestMs} ms`);
  for (const sentence of wrong.slice(0, 10)) console.log(sentence);
  const slow = [...all].filter(([fault, took]) =>
    [...took.values()].flat().some((ms) => ms === undefined || ms > limitOf(fault)),
  );
  console.log(
    `${wrong.length} wrong values shown as good, ${slow.length} of ${all.size} faults recovered from too slowly`,
  );
  return wrong.length + slow.length === 0 ? 0 : 1;
}

const { values } = parseArgs({ options: { minutes: { type: 'string' }, only: { type: 'string' } } });
const minutes = Math.min(LONGEST_MINUTES, Number(values.minutes ?? 30));
runInNamespaces(__filename, ['--net', '--mount'], () => run(minutes, values.only ?? ''));
