import { element, write } from './elements';
import { KeyedList, type RowView } from './keyed-list';
import { text } from './words';

/** One part of the sidebar: a heading that folds it, its rows, and what is said where there are none. */
export class SidebarPart<Row extends { readonly key: string }, View extends RowView<Row> = RowView<Row>> {
  readonly element = element('details', 'pm500-fold');
  readonly list: KeyedList<Row, View>;
  /** Between heading and rows. */
  readonly tools = element('div', 'pm500-tools');
  private readonly summary = element('summary');
  private readonly count = element('span', 'pm500-count');
  private readonly none = element('div', 'pm500-facts');
  private readonly more = element('div', 'pm500-facts');

  constructor(
    name: string,
    heading: string,
    private readonly emptyWords: string,
    make: (key: string) => View,
    onGone?: (element: HTMLElement) => void,
  ) {
    this.list = new KeyedList(make, onGone);
    this.element.open = true;
    this.element.classList.add(`pm500-part-${name}`);
    this.summary.append(element('span', 'pm500-heading', heading), this.count);
    this.list.element.setAttribute('aria-label', heading);
    this.element.append(this.summary, this.tools, this.list.element, this.none, this.more);
  }

  /** Whoever is here by keyboard goes on from the heading. */
  focus(): void {
    this.summary.focus();
  }

  /**
   * @param count what is said beside the heading
   * @param left how many rows there are beyond those that came
   */
  show(rows: readonly Row[], count: string, left: number): void {
    const hadFocus = this.list.element.contains(document.activeElement);
    this.list.show(rows);
    // The row that had the focus is gone.
    if (hadFocus && !this.list.element.contains(document.activeElement)) this.focus();
    write(this.count, count);
    write(this.none, rows.length === 0 ? this.emptyWords : '');
    write(this.more, left === 0 ? '' : text('more', { count: left }));
  }
}
