import { PROTOCOL_FACTS } from '../../../meters/protocol-facts';
import { Pm500Error } from '../../../support/errors';
import { CONNECTION_STATUS } from './connection-status';

/**
 * What a target says beside "interval not acceptable": for each direction 0 when it was acceptable, 1 when it names
 * none, 2 and 3 the shortest and the longest one that it takes, 4 the one that it has for others already.
 */
const NAMES_INTERVAL: readonly number[] = [2, 3, 4];
/** Status, kinds of both intervals, and the intervals of O->T and T->O in two words each. */
const WORDS = 6;

/**
 * The interval with which a refused Forward Open may be asked again: a meter that sends its multicast to a PLC sends it
 * at the PLC's interval and at no other.
 * @param minimumRpiMs least interval that the meter bears
 * @returns microseconds; undefined when the refusal names none, or one that this software must not ask for
 */
export function requiredInterval(thrown: unknown, minimumRpiMs: number): number | undefined {
  if (!(thrown instanceof Pm500Error)) return undefined;
  const words = thrown.details['extendedStatus'];
  if (!Array.isArray(words) || words.length < WORDS || words[0] !== CONNECTION_STATUS.rpiNotAcceptable)
    return undefined;
  const [, kinds = 0, outLow = 0, outHigh = 0, inLow = 0, inHigh = 0] = words as readonly number[];
  const outward = NAMES_INTERVAL.includes(kinds & 0xff) ? outLow + outHigh * 0x1_0000 : undefined;
  const inward = NAMES_INTERVAL.includes(kinds >> 8) ? inLow + inHigh * 0x1_0000 : undefined;
  const microseconds = inward ?? outward;
  const isBearable = microseconds !== undefined && microseconds >= minimumRpiMs * 1000;
  return isBearable && microseconds <= 1000 * PROTOCOL_FACTS.longestRpiMs.value ? microseconds : undefined;
}
