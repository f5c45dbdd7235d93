import { compileLayout, type CompiledLayout } from '../domain/layout';
import { parseLayout } from '../domain/parse-layout';
import { WORKING_LAYOUT } from '../meter/assemblies';
import { Pm500Error, toPm500Error } from '../support/errors';
import { readTextFile } from '../support/read-text-file';

/** Far more than every assembly and every metric of a meter need, in bytes. */
const MOST_BYTES = 1_000_000;

/** The built-in working layout, compiled once. */
export const BUILT_IN_LAYOUT: CompiledLayout = compileLayout(WORKING_LAYOUT);

/**
 * The layout to use: the built-in one, or a site's own file.
 * @param path of a JSON file; empty for the built-in layout
 * @throws Pm500Error LAYOUT_INVALID when the file cannot be read, is too large, is no JSON, or does not fit
 */
export function loadLayout(path: string): CompiledLayout {
  if (path === '') return BUILT_IN_LAYOUT;
  const text = readTextFile(path, 'Layout file', 'LAYOUT_INVALID', MOST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new Pm500Error('LAYOUT_INVALID', `Layout file ${path} cannot be read: ${toPm500Error(thrown).message}.`, {
      cause: thrown,
    });
  }
  try {
    return parseLayout(value);
  } catch (thrown) {
    const error = toPm500Error(thrown, 'LAYOUT_INVALID');
    throw new Pm500Error(error.code, `Layout file ${path}: ${error.message}`, { cause: thrown });
  }
}
