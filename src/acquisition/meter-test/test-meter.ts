import { diagnose, type Cause } from '../../domain/causes/diagnose';
import type { MeterModel } from '../../meters/meter-model';
import { delay } from '../../support/clock';
import { ofCode, Pm500Error, toPm500Error } from '../../support/errors';
import { sentences, type Sentence } from '../../support/sentence';
import type { MeterIdentity } from '../../transport/transport';
import { whereOf } from '../meter-address';
import { referenceOf } from '../meter-identity';
import type { MeterRegistry, VisitedMeter } from '../meter-registry';
import { isImplicit, settingsOf, type LinkSettings, type MeterChoice, type MeterSettings } from '../meter-settings';
import { gatherEvidence, type Attempt, type EvidenceSources } from './gather-evidence';
import { visitorChoiceOf } from './visitor-choice';

export interface MeterTestSources extends EvidenceSources {
  readonly model: MeterModel;
  readonly registry: Pick<MeterRegistry, 'visit'>;
}

/** What a meter told of itself. */
export interface TestedIdentity {
  /** Empty over Modbus, which does not tell it. */
  readonly product: string;
  readonly catalogNumber: string;
  readonly serialNumber?: number;
  /** Revision of the Identity object, or the firmware by product registers. */
  readonly firmware: string;
}

/** How a test went. */
export interface MeterTest {
  /** Where was asked; the host as it was written where nothing could be. */
  readonly where: string;
  /** Absent: the meter was read and is the right one. */
  readonly cause?: Cause;
  readonly identity?: TestedIdentity;
  /** From a request to its reply, ms; absent where the meter sends by itself, or was not read. */
  readonly roundTripMs?: number;
  /** What else is worth knowing, a sentence each: whose connection was used, limits in force, who else uses the meter. */
  readonly notes: readonly Sentence[];
}

/** What a test says beside the cause. */
export const TEST_NOTES = sentences('meterTest', {
  own: 'Read over {transport} by a connection for this test, which is closed.',
  shared:
    'Read over {transport} by the connection that {names} uses already, with its limits; no second one was opened.',
  afterDeploy: 'The transport of this form, {transport}, counts once it is deployed.',
  limits:
    'No assembly or register is read more often than every {interval} ms; a connection may take {connect} ms, an answer {reply} ms.',
  owned: 'The meter says that it has an owner: a PLC uses it.',
  others: 'The meter does not tell which other programs read it.',
  inPart: 'Not everything can be read: {problem}',
  notTried: 'A connection of {transport} was not tried.',
  opened: 'A connection of {transport} was opened, gave data, and was closed again.',
  ended: 'The test of {where} was ended before the meter answered.',
});

/** Nobody waits longer for a test than this, whatever the timeouts of a meter. */
const LONGEST_TEST_MS = 12_000;
/** Bit 0 of the status of the Identity object: somebody owns the device (CIP Vol 1, table 5A-2.3). */
const OWNED = 1;

interface Outcome extends Attempt {
  readonly visited?: VisitedMeter;
  readonly inForce?: LinkSettings;
  readonly roundTripMs?: number;
  readonly notes: readonly Sentence[];
}

/** What kept everything from being read, with its causes where the link still has them; undefined where something was. */
async function readSomething(
  { session }: VisitedMeter,
  signal: AbortSignal,
): Promise<Pick<Outcome, 'error' | 'roundTripMs' | 'notes'>> {
  const reading = await session.readGroups(session.groups.slice(0, 1), signal);
  const failures = reading.blocks.flatMap(({ error }) => error ?? []);
  const [first] = failures;
  if (first !== undefined && failures.length === reading.blocks.length) {
    const { error } = session.state;
    return { error: error?.code === first.code ? error : new Pm500Error(first.code, first.message), notes: [] };
  }
  const latencies = reading.blocks.filter(({ error }) => error === undefined).map(({ latencyMs }) => latencyMs);
  const notes = first === undefined ? [] : [TEST_NOTES.say('inPart', { problem: ofCode(first.code, first.message) })];
  return isImplicit(session.linkSettings.transport) ? { notes } : { roundTripMs: Math.min(...latencies), notes };
}

/** Reads the meter once by the connection that its configurations share, or by one that ends with this. */
async function attempt(settings: MeterSettings, sources: MeterTestSources, signal: AbortSignal): Promise<Outcome> {
  let visited: VisitedMeter;
  try {
    visited = sources.registry.visit(settings);
  } catch (thrown) {
    return { settings, error: toPm500Error(thrown), notes: [] };
  }
  const { session, release } = visited;
  const over = new AbortController();
  const late = delay(sources.clock, LONGEST_TEST_MS, AbortSignal.any([signal, over.signal])).then(() => {
    throw new Pm500Error('ABORTED', TEST_NOTES.say('ended', { where: whereOf(settings) }));
  });
  late.catch(() => undefined);
  try {
    const read = await Promise.race([readSomething(visited, signal), late]);
    const { identity, linkSettings: inForce } = session;
    return { settings, ...read, ...(identity === undefined ? {} : { identity }), visited, inForce };
  } catch (thrown) {
    return { settings, error: toPm500Error(thrown), visited, notes: [] };
  } finally {
    over.abort();
    await release();
  }
}

function tell(model: MeterModel, identity: MeterIdentity): TestedIdentity {
  const { catalogNumber = '' } = referenceOf(model, identity);
  if (!('vendorId' in identity)) return { product: '', catalogNumber, firmware: identity.firmwareBase };
  const { productName, serialNumber, revision } = identity;
  return { product: productName, catalogNumber, serialNumber, firmware: `${revision.major}.${revision.minor}` };
}

function notesOf({ visited, inForce, identity, notes }: Outcome, chosen: MeterSettings): readonly Sentence[] {
  if (visited === undefined || inForce === undefined) return notes;
  // Of a meter that was not reached there is nothing to tell.
  if (identity === undefined) return notes;
  const { users } = visited;
  const kind = inForce.transport?.kind ?? 'ucmm';
  const names = users.map((name) => `"${name}"`).join(', ');
  const whose =
    users.length === 0
      ? TEST_NOTES.say('own', { transport: kind })
      : TEST_NOTES.say('shared', { transport: kind, names });
  const differs = users.length > 0 && kind !== (chosen.transport?.kind ?? 'ucmm');
  return [
    whose,
    ...(differs ? [TEST_NOTES.say('afterDeploy', { transport: chosen.transport?.kind ?? 'ucmm' })] : []),
    TEST_NOTES.say('limits', {
      interval: inForce.minimumReadIntervalMs,
      connect: inForce.connectTimeoutMs,
      reply: inForce.replyTimeoutMs,
    }),
    TEST_NOTES.say('status' in identity && (identity.status & OWNED) !== 0 ? 'owned' : 'others'),
    ...notes,
  ];
}

async function judge(outcome: Outcome, sources: MeterTestSources): Promise<Cause | undefined> {
  const { evidence, words } = await gatherEvidence(outcome, sources);
  return diagnose(evidence, words);
}

/**
 * Tries a meter as it is set up, deployed or not: by explicit messages, so that no connection of the meter is taken and
 * no PLC notices, or over Modbus where that is chosen. Never rejects: whatever goes wrong has a cause.
 * @param withConnections also opens one connection of the chosen transport for a moment, where that has any
 */
export async function testMeter(
  choice: MeterChoice,
  sources: MeterTestSources,
  withConnections: boolean,
  signal: AbortSignal,
): Promise<MeterTest> {
  const { model } = sources;
  let chosen: MeterSettings;
  let explicit: MeterSettings;
  try {
    chosen = settingsOf(model, choice);
    explicit = settingsOf(model, visitorChoiceOf(choice));
  } catch (thrown) {
    const { code, sentence } = toPm500Error(thrown);
    const words = { where: choice.host, host: choice.host, port: 0, unit: 0, model: model.name };
    const cause = diagnose(
      { way: 'ethernet-ip', error: code },
      { ...words, device: '', announced: 0, detail: sentence },
    );
    return { where: choice.host, ...(cause === undefined ? {} : { cause }), notes: [] };
  }
  const outcome = await attempt(explicit, sources, signal);
  const { identity, roundTripMs, visited } = outcome;
  const known = {
    where: whereOf(explicit),
    ...(identity === undefined ? {} : { identity: tell(model, identity) }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
  };
  const notes = notesOf(outcome, chosen);
  const cause = await judge(outcome, sources);
  if (cause !== undefined) return { ...known, cause, notes };
  const hasConnections = chosen.transport?.kind !== explicit.transport?.kind;
  if (!hasConnections || visited === undefined || visited.users.length > 0) return { ...known, notes };
  const kind = chosen.transport?.kind ?? '';
  if (!withConnections) return { ...known, notes: [...notes, TEST_NOTES.say('notTried', { transport: kind })] };
  const second = await attempt(chosen, sources, signal);
  const why = await judge({ ...second, ...(identity === undefined ? {} : { identity }) }, sources);
  if (why !== undefined) return { ...known, cause: why, notes };
  return { ...known, notes: [...notes, TEST_NOTES.say('opened', { transport: kind })] };
}
