import { Pm500Error, type ErrorCode } from '../../support/errors';
import type { PairNumber } from './state';

/** AWS IoT takes one CONNECT of a client ID a second; what leaves evenly can arrive closer together. */
export const CONNECT_EVERY_MS = 1100;
/** How often a connection is tried that is not let in, and after which errors. */
export interface Patience {
  readonly pausesMs: readonly number[];
  readonly codes: readonly ErrorCode[];
}
/** Networks are cut, and a run before this one may have connected a moment ago. */
export const BRIEF: Patience = {
  pausesMs: [CONNECT_EVERY_MS, CONNECT_EVERY_MS],
  codes: ['MQTT_REFUSED', 'MQTT_CONNECTION_LOST'],
};
/**
 * Where certificates are registered when they are first seen, the first connection is ended, and the next ones are until all
 * of it is done; after a commit the cloud takes its time too.
 */
export const PATIENT: Patience = {
  pausesMs: [CONNECT_EVERY_MS, 5000, 10_000],
  codes: [...BRIEF.codes, 'MQTT_TLS_FAILED'],
};

/** The new certificate is not let in, however often it was tried. */
export function notProven(
  number: PairNumber,
  host: string,
  { isProven, isByHand }: { readonly isProven: boolean; readonly isByHand: boolean },
): Pm500Error {
  const refused = `The new certificate (pair ${number}) was not accepted by ${host}`;
  const advice = 'see that it is active, belongs to the thing and has a policy';
  const again = isByHand
    ? ', and run the command again, or give another one for the same request (--certificate FILE)'
    : '';
  const sentence = isProven
    ? `${refused}, which has let it in before and may have revoked the one of before: both are kept; ${advice}, and run the command again.`
    : `${refused}; ${advice}${again}.`;
  return new Pm500Error('IDENTITY_NOT_PROVEN', sentence, { retryable: isProven });
}
