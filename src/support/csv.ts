/** A record of a CSV file and the line that it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Cuts CSV text into records (RFC 4180: quotes around cells, doubled quotes inside them, line breaks of any kind). Blank
 * lines and lines that begin with `#` are left out, cells are trimmed unless quoted. Never throws: a quote that is not
 * closed ends with the text.
 * @param most records that are read; what follows them is left
 */
export function parseCsv(text: string, most = Number.POSITIVE_INFINITY): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let hasText = false as boolean;
  let isQuoted = false;
  let wasQuoted = false;
  let line = 1;
  let startLine = 1;

  const add = (piece: string): void => {
    cell += piece;
    hasText ||= piece.trim() !== '';
  };
  const endCell = (): void => {
    cells.push(wasQuoted ? cell : cell.trim());
    cell = '';
    hasText = false;
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
  // Run by run: a cell that is put together of single characters costs a hundred times its size.
  for (let index = 0; index < source.length && records.length < most;) {
    const run = isQuoted ? runWithin(source, index) : runOutside(source, index);
    index += run.length;
    if (run === '\n' && !isQuoted) line++;
    if (isQuoted) {
      if (run === '""') add('"');
      else if (run === '"') isQuoted = false;
      else {
        add(run);
        line += run.split('\n').length - 1;
      }
    } else if (run === '"' && !hasText) {
      isQuoted = true;
      wasQuoted = true;
      cell = '';
    } else if (run === ',' || run === ';') endCell();
    else if (run === '\n') endRecord();
    else add(wasQuoted ? run.replace(/\s+/g, '') : run);
  }
  const isLeft = cell !== '' || cells.length > 0 || wasQuoted;
  if (isLeft && records.length < most) endRecord();
  return records;
}

const OUTSIDE = /[^,;\n"]+|[^]/y;
const WITHIN = /[^"]+|""|"/y;

/** What follows in a cell without quotes: a mark, or all up to the next one. */
function runOutside(source: string, index: number): string {
  OUTSIDE.lastIndex = index;
  return OUTSIDE.exec(source)?.[0] ?? '';
}

/** What follows within quotes: one of them, two that stand for one, or all up to the next. */
function runWithin(source: string, index: number): string {
  WITHIN.lastIndex = index;
  return WITHIN.exec(source)?.[0] ?? '';
}
