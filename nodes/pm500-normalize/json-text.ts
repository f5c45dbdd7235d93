import { Pm500Error, toPm500Error } from '../../src/support/errors';

/**
 * Reads JSON that a person typed or wrote into a file.
 * @param path what it is, for the sentence
 * @throws Pm500Error CONFIG_INVALID
 */
export function parseJsonText(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    const { message } = toPm500Error(thrown);
    throw new Pm500Error('CONFIG_INVALID', `${path} is no JSON (${message}); correct it, the rest keeps working.`, {
      cause: thrown,
    });
  }
}
