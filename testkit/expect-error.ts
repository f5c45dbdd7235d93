import assert from 'node:assert/strict';
import { hasCode, Pm500Error, type ErrorCode } from '../src/support/errors';

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
  return checkError(thrownBy(work), code);
}

/** The words with which settings are refused; they may begin with the type of a node, which has no capital. */
export function refusalOf(check: () => unknown): string {
  const outcome = thrownBy(check);
  assert.ok(
    outcome instanceof Error && hasCode(outcome, 'CONFIG_INVALID'),
    `expected CONFIG_INVALID, got ${String(outcome)}`,
  );
  return outcome.message;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return 'nothing';
}

function checkError(outcome: unknown, code: ErrorCode): Pm500Error {
  assert.ok(outcome instanceof Pm500Error, `expected ${code}, got ${String(outcome)}`);
  assert.equal(outcome.code, code, outcome.message);
  assert.match(outcome.message, /^[A-Z0-9"].*[.]$/su);
  return outcome;
}
