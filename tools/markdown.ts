/** One line of a Markdown table. */
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A Markdown table, without a line end behind it. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(heading), row(heading.map(() => '---')), ...rows.map(row)].join('\n');
}
