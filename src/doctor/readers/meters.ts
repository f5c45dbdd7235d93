import type { MeterTest } from '../../acquisition/meter-test/test-meter';
import type { MeterChoice } from '../../acquisition/meter-settings';
import { MESSAGING_KINDS } from '../../acquisition/transport-kinds';
import { within, type Clock } from '../../support/clock';
import { toPm500Error } from '../../support/errors';
import type { Sentence } from '../../support/sentence';
import type { TestedMeter } from '../facts';
import type { SavedMeter } from '../flows/saved-meters';
import { LOOK_WORDS, seen, unseen, type Looked } from '../looked';

const { say } = LOOK_WORDS;

/** Tries a meter once, by explicit messages, within its limits. */
export type TryMeter = (choice: MeterChoice) => Promise<MeterTest>;

/** As many at a time: a list of a thousand meters is no reason for a thousand sockets. */
const AT_A_TIME = 16;
/** More are not asked: each may take seconds where it does not answer. */
const MOST_METERS = 200;

const isMessaging = ({ transport = 'ucmm' }: MeterChoice): boolean =>
  MESSAGING_KINDS.some((kind) => kind === transport);

/** Why a meter is not asked now; undefined where it may be. */
function reasonNotTo(
  { choice, host }: SavedMeter,
  all: readonly SavedMeter[],
  modelLimitMs: number,
): Sentence | undefined {
  // A meter may stand there under several names, in nodes and in lists: all of them read it.
  const same = all.filter((other) => other.host === host);
  const isOverModbus = same.some((other) => other.choice.transport === 'modbus-tcp');
  if (isOverModbus) return say('overModbus', { meter: choice.name });
  if (!isMessaging(choice)) return say('serial', { meter: choice.name });
  const readers = same.flatMap((each) => each.readers);
  const unknown = readers.find(({ schedules }) => schedules.length === 0);
  if (unknown !== undefined) return say('readByMessages', { meter: choice.name, label: unknown.label });
  const limitMs = Math.max(modelLimitMs, ...same.map((each) => each.choice.minimumReadIntervalMs ?? 0));
  const fastest = Math.min(
    ...readers.flatMap(({ schedules }) => schedules.map(({ intervalMs }) => intervalMs)),
    Infinity,
  );
  if (fastest >= 2 * limitMs) return undefined;
  return say('readOften', { meter: choice.name, interval: fastest, limit: limitMs });
}

/**
 * Tries each meter of the flows once, where its limits leave room for one more read.
 * @param limitMs least time between two reads of one block that the model bears; a meter may have a longer one
 */
export async function readMetersNow(
  meters: readonly SavedMeter[],
  limitMs: number,
  tryMeter: TryMeter,
  time: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly TestedMeter[]> {
  const once = [...new Map(meters.map((meter) => [meter.address, meter])).values()];
  const results: TestedMeter[] = [];
  const waiting = once.entries();
  const look = async (meter: SavedMeter, index: number): Promise<Looked<MeterTest>> => {
    if (index >= MOST_METERS) return unseen(say('manyMeters', { meter: meter.choice.name, most: MOST_METERS }));
    const reason = reasonNotTo(meter, meters, limitMs);
    if (reason !== undefined) return unseen(reason);
    const late = (): Looked<MeterTest> => unseen(say('late', { label: meter.choice.name }));
    if (time.signal.aborted) return late();
    try {
      return await within(tryMeter(meter.choice).then(seen<MeterTest>), time, late);
    } catch (thrown) {
      return unseen(say('unaskable', { whom: meter.choice.name, why: toPm500Error(thrown).message }));
    }
  };
  const work = async (): Promise<void> => {
    for (const [index, meter] of waiting) {
      const { address, choice } = meter;
      results[index] = { address, name: choice.name, test: await look(meter, index) };
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}
