import type { MeterChoice } from '../meter-settings';
import { MESSAGING_KINDS } from '../transport-kinds';

/** Nobody who looks waits longer for one answer than this, whatever the timeouts of a meter. */
const LONGEST_WAIT_MS = 5000;

/**
 * How a visitor reads a meter: by explicit messages without a connection, so that nothing of the meter is taken, unless it
 * is read over Modbus.
 */
export function visitorChoiceOf(choice: MeterChoice): MeterChoice {
  const { connectTimeoutMs, replyTimeoutMs, transport = 'ucmm' } = choice;
  return {
    ...choice,
    transport: MESSAGING_KINDS.some((each) => each === transport) ? 'ucmm' : transport,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs: Math.min(connectTimeoutMs, LONGEST_WAIT_MS) }),
    ...(replyTimeoutMs === undefined ? {} : { replyTimeoutMs: Math.min(replyTimeoutMs, LONGEST_WAIT_MS) }),
  };
}
