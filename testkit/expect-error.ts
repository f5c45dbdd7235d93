import assert from 'node:assert/strict';
import { Pm500Error, type ErrorCode } from '../src/support/errors';

/** Asserts that `work` fails with a coded error whose message is a sentence, and gives it back for more questions. */
export async function rejectsWith(work: Promise<unknown>, code: ErrorCode): Promise<Pm500Error> {
  const outcome = await work.then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  );
  return checkError(outcome, code);
}

/** The same for a function that throws. */
export function throwsWith(work: () => unknown, code: ErrorCode): Pm500Error {
  let outcome: unknown = 'nothing';
  try {
    work();
  } catch (thrown) {
    outcome = thrown;
  }
  return checkError(outcome, code);
}

function checkError(outcome: unknown, code: ErrorCode): Pm500Error {
  assert.ok(outcome instanceof Pm500Error, `expected ${code}, got ${String(outcome)}`);
  assert.equal(outcome.code, code, outcome.message);
  assert.match(outcome.message, /^[A-Z0-9"].*[.]$/su);
  return outcome;
}
