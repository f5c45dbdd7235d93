/**
 * What is wrong with a text that is no JSON, without a word of it: the file may be another than was meant, and hold what
 * nobody shall read in a log.
 * @param thrown by JSON.parse
 */
export function describeJsonFault(thrown: unknown): string {
  const [, position] = /at position (\d{1,12})/.exec(thrown instanceof Error ? thrown.message : '') ?? [];
  return position === undefined ? 'it is no JSON' : `it is no JSON from character ${Number(position) + 1} on`;
}
