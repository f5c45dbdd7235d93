import { Pm500Error } from '../../src/support/errors';
import { isRecord, type UnknownRecord } from '../../src/support/expect';
import { sentences } from '../../src/support/sentence';

/** What a page says to a form that it does not serve. */
export const FORM_SENTENCES = sentences('form', {
  tooManyTests: '{most} tests are running already; try again when they have ended.',
  missing: 'The form is missing; send it as "form".',
  storedSecret:
    'The stored {name} is sent only where it is deployed to, and the form says another place; type it again, or deploy first.',
});

/** Tests of one kind at a time: each asks somebody once. */
export const MOST_TESTS = 4;

/** Nobody waits longer at a form for one server, whatever its timeout. */
export const LONGEST_TEST_MS = 10_000;

/** Lets few tests of one kind run at a time. */
export class TestTurns {
  private running = 0;

  /** @throws Pm500Error CONFIG_INVALID where too many are running */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= MOST_TESTS) {
      throw new Pm500Error('CONFIG_INVALID', FORM_SENTENCES.say('tooManyTests', { most: MOST_TESTS }));
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
  if (!isRecord(form)) throw new Pm500Error('CONFIG_INVALID', FORM_SENTENCES.say('missing'));
  return { form, secrets: isRecord(body) ? body['secrets'] : undefined };
}
