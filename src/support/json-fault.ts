import { lineAt } from './json-place';

/**
 * What is wrong with a text that is no JSON, without a word of it: the file may be another than was meant, and hold what
 * nobody shall read in a log.
 * @param thrown by JSON.parse
 * @param text what it was given
 */
export function describeJsonFault(thrown: unknown, text: string): string {
  const [, position] = /at position (\d{1,12})/.exec(thrown instanceof Error ? thrown.message : '') ?? [];
  if (position === undefined) return 'it is no JSON';
  return `it is no JSON from character ${Number(position) + 1} on, in line ${lineAt(text, Number(position))}`;
}
