/** A bracket, a separator, the begin of a text, or any other word of JSON. */
const TOKEN = /[{}[\],:"]|[^\s{}[\],:"]+/g;

interface JsonLevel {
  /** What stands next: the index, or the key when it was read. */
  at: number | string | undefined;
}

/** `a.b[2]` as the keys on the way to it; a key with a dot or a bracket in it is not found. */
function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/[^.[\]]+|\[\d{1,9}\]/g)].map(([step]) =>
    step.startsWith('[') ? Number(step.slice(1, -1)) : step,
  );
}

/** @param position of a character, from 0 */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** The position after a text that begins at `start` with its quote. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Brackets, separators, texts with their quotes, and words, each with its position. */
function* tokensOf(text: string): Generator<readonly [token: string, position: number]> {
  let end = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (index < end) continue;
    end = token === '"' ? endOfText(text, index) : index + token.length;
    yield [text.slice(index, end), index];
  }
}

/**
 * The line, from 1, where a value stands in a text that is JSON, or where the innermost of those around it begins when it
 * is missing.
 * @param path from the whole on, for instance `assemblies[0].title`
 */
export function lineOf(text: string, path: string): number {
  const steps = stepsOf(path);
  const levels: JsonLevel[] = [];
  let deepest = 0;
  let position = 0;
  const begin = (at: number): void => {
    const isOnWay = levels.length <= steps.length && levels.every((level, index) => level.at === steps[index]);
    if (!isOnWay || levels.length < deepest) return;
    deepest = levels.length;
    position = at;
  };
  for (const [token, index] of tokensOf(text)) {
    const level = levels.at(-1);
    if (token === '}' || token === ']') levels.pop();
    else if (token === ',') {
      if (level !== undefined) level.at = typeof level.at === 'number' ? level.at + 1 : undefined;
    } else if (level !== undefined && level.at === undefined && token.startsWith('"')) {
      level.at = JSON.parse(token) as string;
    } else if (token !== ':') {
      begin(index);
      if (token === '{') levels.push({ at: undefined });
      else if (token === '[') levels.push({ at: 0 });
    }
  }
  return lineAt(text, position);
}
