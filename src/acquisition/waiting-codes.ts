import type { ErrorCode } from '../support/errors';

/**
 * Why a meter cannot be read although nothing is wrong: somebody else has it, or has not come yet. It is tried again by
 * itself, so a person is told and not alarmed.
 */
const WAITING_CODES: ReadonlySet<ErrorCode> = new Set([
  'ENIP_NO_OWNER',
  'ENIP_OWNERSHIP_CONFLICT',
  'ENIP_CONNECTION_LIMIT',
  'METER_SHARED_WITH_PLC',
  'METER_PROTOCOL_BUSY',
]);

/** Whether a meter that is not read for this reason waits for somebody else. */
export function isWaitingCode(code: ErrorCode): boolean {
  return WAITING_CODES.has(code);
}
