import { Pm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';

/** Tests of one kind at a time: each asks somebody once. */
const MOST_TESTS = 4;

/** Nobody waits longer at a form for one server, whatever its timeout. */
export const LONGEST_TEST_MS = 10_000;

/** Lets few tests of one kind run at a time. */
export class TestTurns {
  private running = 0;

  /** @throws Pm500Error CONFIG_INVALID where too many are running */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= MOST_TESTS) {
      throw new Pm500Error(
        'CONFIG_INVALID',
        `${MOST_TESTS} tests are running already; try again when they have ended.`,
      );
    }
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
    }
  }
}

/** What a form has sent. */
export interface SentForm {
  readonly form: UnknownRecord;
  readonly secrets: unknown;
}

/** @throws Pm500Error CONFIG_INVALID, one sentence */
export function readSentForm(body: unknown): SentForm {
  const form = isRecord(body) ? body['form'] : undefined;
  if (!isRecord(form)) throw new Pm500Error('CONFIG_INVALID', 'The form is missing; send it as "form".');
  return { form, secrets: isRecord(body) ? body['secrets'] : undefined };
}
