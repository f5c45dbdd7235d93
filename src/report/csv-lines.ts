import { failFile } from './csv-columns';

/** A line, counted from 1. */
export interface CsvLine {
  readonly line: number;
  readonly text: string;
}

/** Longer than any row; a file without line breaks must not fill the memory. */
const MOST_CHARACTERS = 65_536;

/**
 * Lines of a file that comes in pieces, without those that are blank or begin with `#`; nothing else is kept of it.
 * @throws Pm500Error CONFIG_INVALID for what is no text in UTF-8, or a line without end
 */
export async function* csvLines(pieces: AsyncIterable<string>, name: string): AsyncGenerator<readonly CsvLine[]> {
  let rest = '';
  let line = 0;
  const numbered = (texts: readonly string[]): readonly CsvLine[] => {
    const lines: CsvLine[] = [];
    for (const each of texts) {
      line += 1;
      const text = (line === 1 ? each.replace(/^\uFEFF/, '') : each).trim();
      if (text !== '' && !text.startsWith('#')) lines.push({ line, text });
    }
    return lines;
  };
  for await (const piece of pieces) {
    // UTF-16 has a zero in each letter of the header.
    if (piece.includes('\0')) failFile(name, 'is no text in UTF-8; save it as CSV UTF-8.');
    const texts = (rest + piece).split(/\r\n|\r(?!$)|\n/);
    rest = texts.pop() ?? '';
    if (rest.length > MOST_CHARACTERS)
      failFile(
        name,
        `has a line ${line + texts.length + 1} of more than ${MOST_CHARACTERS} characters; it is no table.`,
      );
    yield numbered(texts);
  }
  yield numbered([rest]);
}
