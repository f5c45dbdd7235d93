/** A record of a CSV file and the line that it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Cuts CSV text into records (RFC 4180: quotes around cells, doubled quotes inside them, line breaks of any kind). Blank
 * lines and lines that begin with `#` are left out, cells are trimmed unless quoted. Never throws: a quote that is not
 * closed ends with the text.
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let wasQuoted = false;
  let line = 1;
  let startLine = 1;

  const endCell = (): void => {
    cells.push(wasQuoted ? cell : cell.trim());
    cell = '';
    wasQuoted = false;
  };
  const endRecord = (): void => {
    endCell();
    const isBlank = cells.length === 1 && cells[0] === '';
    if (!isBlank && cells[0]?.startsWith('#') !== true) records.push({ line: startLine, cells });
    cells = [];
    startLine = line;
  };

  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  for (let index = 0; index < source.length; index++) {
    const character = source.charAt(index);
    if (character === '\n') line++;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (source.charAt(index + 1) === '"') {
        cell += '"';
        index++;
      } else isQuoted = false;
    } else if (character === '"' && cell.trim() === '') {
      isQuoted = true;
      wasQuoted = true;
      cell = '';
    } else if (character === ',' || character === ';') endCell();
    else if (character === '\n') endRecord();
    else if (!wasQuoted || character.trim() !== '') cell += character;
  }
  if (cell !== '' || cells.length > 0 || wasQuoted) endRecord();
  return records;
}
