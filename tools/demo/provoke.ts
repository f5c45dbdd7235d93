import type { FaultName } from '../../src/simulator/faults/fault-table';
import { parseFault } from '../../src/simulator/faults/parse-fault';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { waitFor } from '../../testkit/wait';
import type { Stage } from './stage';
import { alarmsAcknowledgedBy, moreAcknowledged, sentToSinks } from './witness';

/** A fault that a button of the flow gave the simulated meter. */
export interface Provocation {
  readonly fault: FaultName;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** What stands on the button. */
  readonly button: string;
  /** Epoch milliseconds. */
  readonly pressedAt: number;
  /** When its consequences were over; when it was no longer waited for where there were none. */
  readonly overAt: number;
}

export interface Provocations {
  readonly overload: Provocation;
  readonly phaseLoss: Provocation;
}

/** A reading, its way, and the delay of an alarm. */
const CONSEQUENCE_MS = 20_000;
/** The fault lasts some seconds; the longest delay until an alarm of it is cleared is ten. */
const OVER_MS = 40_000;

/** The button of the flow that begins a fault, and what it orders. */
export function buttonOf(flow: readonly FlowEntry[], fault: FaultName): FlowEntry {
  const begins = ({ type, payload }: FlowEntry): boolean =>
    type === 'inject' && (JSON.parse(String(payload)) as { fault?: unknown }).fault === fault;
  const found = flow.find(begins);
  if (found === undefined) throw new Error(`The flow has no button for the fault "${fault}"; give it an inject node.`);
  return found;
}

/**
 * Presses a button as a person would and waits until what follows from it is there and over. Whether it came is for the
 * check to say.
 */
async function press(
  { flow, nodeRed }: Stage,
  fault: FaultName,
  { isThere, isOver }: { isThere: (since: number) => boolean; isOver: (since: number) => boolean },
): Promise<Provocation> {
  const { id, name = id, payload } = buttonOf(flow, fault);
  const { fault: ordered, ...given } = JSON.parse(String(payload)) as Record<string, unknown>;
  const { parameters } = parseFault(ordered, given);
  const pressedAt = Date.now();
  await nodeRed.admin.inject(id);
  const has = (what: string, look: () => boolean, timeoutMs: number): Promise<boolean> =>
    waitFor(what, look, { timeoutMs }).catch(() => false);
  if (await has(`what follows from ${fault}`, () => isThere(pressedAt), CONSEQUENCE_MS)) {
    await has(`the end of ${fault}`, () => isOver(pressedAt), OVER_MS);
  }
  return { fault, parameters, button: name, pressedAt, overAt: Date.now() };
}

/** Lets the meter show no numbers for a while, then lets it lose a phase until the alarms of that have come and gone. */
export async function provoke(stage: Stage): Promise<Provocations> {
  await moreAcknowledged(stage, 3);
  const overloaded = (since: number): readonly boolean[] =>
    sentToSinks(stage).flatMap(({ timestamp, metrics }) =>
      timestamp >= since && metrics['voltage_l1_n'] !== undefined
        ? [metrics['voltage_l1_n'].reason === 'overload']
        : [],
    );
  const overload = await press(stage, 'overload', {
    isThere: (since) => overloaded(since).includes(true),
    isOver: (since) => overloaded(since).at(-1) === false,
  });
  const alarms = (): ReturnType<typeof alarmsAcknowledgedBy> => alarmsAcknowledgedBy('influx-out', stage);
  const phaseLoss = await press(stage, 'phase-loss', {
    isThere: (since) => alarms().some(({ event, timestamp }) => event === 'raised' && timestamp >= since),
    isOver: () => alarms().at(-1)?.active.length === 0,
  });
  return { overload, phaseLoss };
}
