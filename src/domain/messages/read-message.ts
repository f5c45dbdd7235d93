import { Expect, isRecord } from '../../support/expect';
import { ALARM, ALARM_SCHEMA, type AlarmMessage } from '../alarms/alarm-message';
import { COUNTER_SCHEMA } from '../counters/counter-message';
import { DIAGNOSTICS_SCHEMA } from '../diagnostics/diagnostics';
import { LAYOUT_CHECK_SCHEMA } from '../layout-check/verdict';
import { NORMALIZE_DIAGNOSTICS_SCHEMA } from '../normalizer/diagnostics';
import { READING_SCHEMA } from './reading';
import { TELEMETRY, TELEMETRY_SCHEMA, type Telemetry } from './telemetry';

/**
 * What a message of this package is for a sink. A `side` message has no value for a database or a host: sinks pass over it,
 * so that the outputs of `pm500-normalize` and `pm500-poll` can be wired to them as they are.
 */
export type SinkMessage =
  | { readonly kind: 'telemetry'; readonly telemetry: Telemetry }
  | { readonly kind: 'alarm'; readonly alarm: AlarmMessage }
  | { readonly kind: 'side' };

const SIDE: SinkMessage = { kind: 'side' };
const SIDE_SCHEMAS: readonly string[] = [
  NORMALIZE_DIAGNOSTICS_SCHEMA,
  DIAGNOSTICS_SCHEMA,
  LAYOUT_CHECK_SCHEMA,
  COUNTER_SCHEMA,
];
/** What the schemas of this package begin with. */
const OWN_SCHEMAS = 'pm500.';

const expect = new Expect('MESSAGE_INVALID', 'send the output of a pm500-normalize node.');

/**
 * Reads a message that came to a sink; undefined for what is not of this package, which each sink takes in shapes of its own.
 * @throws Pm500Error MESSAGE_INVALID for what is of this package, and damaged or not for a sink
 */
export function readMessage(payload: unknown): SinkMessage | undefined {
  if (!isRecord(payload)) return undefined;
  const { schema } = payload;
  if (schema === TELEMETRY_SCHEMA) return { kind: 'telemetry', telemetry: TELEMETRY.parse(payload) };
  if (schema === ALARM_SCHEMA) return { kind: 'alarm', alarm: ALARM.parse(payload) };
  if (typeof schema !== 'string' || !schema.startsWith(OWN_SCHEMAS)) return undefined;
  if (SIDE_SCHEMAS.includes(schema)) return SIDE;
  const isReading = schema === READING_SCHEMA;
  return expect.fail(
    'payload.schema',
    schema,
    `"${TELEMETRY_SCHEMA}" or "${ALARM_SCHEMA}"${isReading ? ': put a pm500-normalize node before this one' : ''}`,
  );
}
