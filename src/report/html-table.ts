import { escapeMarkup } from '../support/escape-markup';
import type { ReportModel } from './model';
import type { ReportWords, Shown } from './report-words';

/** What every part of the page needs. */
export interface Page {
  readonly model: ReportModel;
  readonly language: ReportWords;
  readonly shown: Shown;
}

export type ReportCell = string | { readonly text: string };

/** A table; the cells of a column are numbers unless they are texts. */
export function table(head: readonly ReportCell[], rows: readonly (readonly ReportCell[])[]): string {
  const cell = (kind: 'td' | 'th', of: ReportCell): string =>
    typeof of === 'string'
      ? `<${kind}>${escapeMarkup(of)}</${kind}>`
      : `<${kind} class="text">${escapeMarkup(of.text)}</${kind}>`;
  const line = (kind: 'td' | 'th', cells: readonly ReportCell[]): string =>
    `<tr>${cells.map((of) => cell(kind, of)).join('')}</tr>`;
  return `<table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('')}</tbody></table>`;
}
