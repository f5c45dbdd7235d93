import { Expect, type UnknownRecord } from '../../support/expect';
import type { AlarmCommand } from './alarm-set';

const expect = new Expect(
  'MESSAGE_INVALID',
  'send {"alarm": "acknowledge" or "reset", "id": a rule, or no id for all}.',
);
/** The longest name of a person that is kept. */
const MOST_NAME = 100;

/** A command to the alarms of a meter, as a message carries it. */
export interface ParsedAlarmCommand {
  readonly command: AlarmCommand;
  /** All alarms where absent. */
  readonly id?: string;
  /** Who acknowledges, where it is said. */
  readonly by?: string;
}

/**
 * Who acknowledges: `by` of a command.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function readBy({ by }: UnknownRecord): Pick<ParsedAlarmCommand, 'by'> {
  return by === undefined ? {} : { by: expect.text('payload.by', by).slice(0, MOST_NAME) };
}

/**
 * Reads `{alarm: 'acknowledge' | 'reset', id?, by?}`.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseAlarmCommand(payload: unknown): ParsedAlarmCommand {
  const record = expect.record('payload', payload);
  const command = expect.choice('payload.alarm', record['alarm'], ['acknowledge', 'reset'] as const);
  const given = { command, ...readBy(record) };
  return record['id'] === undefined ? given : { ...given, id: expect.text('payload.id', record['id']) };
}
