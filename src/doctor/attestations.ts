import { Pm500Error, toPm500Error } from '../support/errors';
import { Expect } from '../support/expect';
import { parseJson } from '../support/read-text-file';

/** The word of a person for what no program can look at. */
export interface Attestation {
  /** Of the check. */
  readonly id: string;
  readonly name: string;
  /** The day, epoch milliseconds of its midnight UTC. */
  readonly dateMs: number;
  readonly note: string;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const LONGEST_NAME = 100;
const LONGEST_NOTE = 500;
const MOST = 1000;

/**
 * Reads a list such as `[{ "id": "restore-drilled", "name": "J. Doe", "date": "2026-11-02", "note": "41 min" }]`.
 * @param source what it is called in sentences
 * @param ids of all checks
 * @throws Pm500Error CONFIG_INVALID in one sentence
 */
export function parseAttestations(text: string, source: string, ids: readonly string[]): readonly Attestation[] {
  const expect = new Expect('CONFIG_INVALID', `correct it in ${source}.`);
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (thrown) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `The file ${source} holds no JSON (${toPm500Error(thrown).message}); correct it.`,
    );
  }
  const list = expect.array('The list', parsed);
  if (list.length > MOST) expect.fail('The list', list, `at most ${MOST} entries`);
  return list.map((entry, index) => {
    const path = `Entry ${index + 1}`;
    const { id, name, date, note = '' } = expect.record(path, entry);
    const day = expect.text(`${path} date`, date);
    const dateMs = DATE.test(day) ? Date.parse(day) : Number.NaN;
    if (Number.isNaN(dateMs)) expect.fail(`${path} date`, date, 'a day such as 2026-11-02');
    const who = expect.text(`${path} name`, name).trim();
    if (who === '' || who.length > LONGEST_NAME) expect.fail(`${path} name`, name, 'the name of a person');
    return {
      id: expect.choice(`${path} id`, id, ids),
      name: who,
      dateMs,
      note: expect.text(`${path} note`, note).slice(0, LONGEST_NOTE),
    };
  });
}
