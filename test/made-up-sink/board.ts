import { readMessage } from '../../src/domain/messages/read-message';
import type { Destination, Verdict } from '../../src/delivery/destination';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';

/** A sink that nobody has: a board that takes lines of JSON by HTTP. All it has of its own is serialize, judge and send. */

const PATIENCE_MS = 5000;
/** A real sink has codes of its own in `support/errors`. */
const CODE: ErrorCode = 'INTERNAL';

/** A record of each value and each alarm that a message has. @throws Pm500Error MESSAGE_INVALID */
export function serialize(payload: unknown): readonly string[] {
  const message = readMessage(payload);
  switch (message?.kind) {
    case 'telemetry': {
      const { meter, metrics } = message.telemetry;
      return Object.entries(metrics).map(([metric, { value, quality, timestamp }]) =>
        JSON.stringify({ meter: meter.name, metric, value, quality, timestamp }),
      );
    }
    case 'alarm': {
      const { meter, event, timestamp, alarm } = message.alarm;
      return alarm === undefined ? [] : [JSON.stringify({ meter: meter.name, event, alarm: alarm.id, timestamp })];
    }
    case 'side':
      return [];
    case undefined:
      throw new Pm500Error('MESSAGE_INVALID', 'The board takes telemetry and alarms; wire pm500-normalize to it.');
  }
}

const placesIn = (words: unknown): readonly number[] | undefined =>
  isRecord(words) && Array.isArray(words['refused']) ? (words['refused'] as readonly number[]) : undefined;

/** What an answer of the board means for the records. */
function judge(status: number, words: unknown): Verdict {
  const error = new Pm500Error(CODE, `The board answered with HTTP ${status}; look at the board.`);
  if (status === 204) return { kind: 'written' };
  if (status === 401) return { kind: 'hold', error };
  if (status === 413) return { kind: 'rejected', error, tooLarge: true };
  if (status !== 422) return { kind: 'retry', error, isGeneral: status === 503 };
  const named = placesIn(words);
  const count = isRecord(words) && typeof words['count'] === 'number' ? words['count'] : undefined;
  return {
    kind: 'rejected',
    error,
    tooLarge: false,
    ...(named === undefined ? {} : { named }),
    ...(count === undefined ? {} : { count }),
  };
}

async function send(url: string, records: readonly string[], signal: AbortSignal): Promise<Verdict> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch(url, { method: 'POST', body: records.join('\n'), signal: patience });
    const text = await response.text();
    return judge(response.status, text === '' ? undefined : JSON.parse(text));
  } catch (thrown) {
    const error = new Pm500Error(CODE, 'The board cannot be reached; look whether it runs.', { cause: thrown });
    return { kind: 'retry', error, isGeneral: true };
  }
}

export function boardDestination(url: string): Destination {
  return {
    name: 'the board',
    unit: 'record',
    patienceMs: PATIENCE_MS,
    deliver: (records, signal) =>
      send(
        url,
        records.map(({ payload }) => payload),
        signal,
      ),
    close: () => undefined,
  };
}
