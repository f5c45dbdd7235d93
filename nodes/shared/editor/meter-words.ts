import type { Sentence } from '../../../src/support/sentence';
import { wordsOf } from './text';
import { tell } from './told';

/** Texts about meters stand in the catalog of `pm500-meter`, whichever form shows them. */
export const meterText = wordsOf('pm500-meter');

const FORBIDDEN: readonly number[] = [401, 403];

/** Why a request of a form failed, for people. */
export function reasonOf({ status, responseJSON }: JQuery.jqXHR): string {
  if (FORBIDDEN.includes(status)) return meterText('error.forbidden');
  const { error } = (responseJSON ?? {}) as { readonly error?: Sentence };
  return error === undefined ? meterText('error.noAnswer') : tell(error);
}

/** A word in the color of what it says. */
export function badge(kind: string, words: string): JQuery {
  return $('<span class="pm500-badge">').addClass(`pm500-badge-${kind}`).text(words);
}

/** Shows one sentence in a box, and nothing else. */
export function say(box: JQuery, sentence: string): void {
  box.empty().append($('<div class="pm500-say">').text(sentence));
}

/** A table, and what it scrolls in. */
interface ShownTable {
  readonly frame: JQuery;
  readonly table: JQuery;
  readonly body: JQuery;
}

/**
 * An empty table with headings, which is scrolled by keyboard, too.
 * @param name for a screen reader
 */
export function tableOf(name: string, headings: readonly string[]): ShownTable {
  const frame = $('<div class="pm500-scroll" role="region" tabindex="0">').attr('aria-label', name);
  const table = $('<table class="pm500-table">').appendTo(frame);
  const row = $('<tr>').appendTo($('<thead>').appendTo(table));
  for (const heading of headings) $('<th>').text(heading).appendTo(row);
  return { frame, table, body: $('<tbody>').appendTo(table) };
}

export function addCells(row: JQuery, values: readonly string[]): JQuery {
  for (const value of values) $('<td>').text(value).appendTo(row);
  return row;
}
