import { Expect } from '../../support/expect';
import type { AlarmCommand } from './alarm-set';

const expect = new Expect(
  'MESSAGE_INVALID',
  'send {"alarm": "acknowledge" or "reset", "id": a rule, or no id for all}.',
);

/** A command to the alarms of a meter, as a message carries it. */
export interface ParsedAlarmCommand {
  readonly command: AlarmCommand;
  /** All alarms where absent. */
  readonly id?: string;
}

/**
 * Reads `{alarm: 'acknowledge' | 'reset', id?}`.
 * @throws Pm500Error MESSAGE_INVALID naming the path
 */
export function parseAlarmCommand(payload: unknown): ParsedAlarmCommand {
  const record = expect.record('payload', payload);
  const command = expect.choice('payload.alarm', record['alarm'], ['acknowledge', 'reset'] as const);
  return record['id'] === undefined ? { command } : { command, id: expect.text('payload.id', record['id']) };
}
