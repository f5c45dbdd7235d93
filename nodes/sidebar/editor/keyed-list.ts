/** How one row is shown. */
export interface RowView<Row> {
  readonly element: HTMLElement;
  show(row: Row): void;
  /** Time has passed: what is said of ages is said anew. */
  tick?(nowMs: number): void;
}

/** A list whose rows keep their elements while they change, so that neither focus nor scrolling is lost. */
export class KeyedList<Row extends { readonly key: string }, View extends RowView<Row> = RowView<Row>> {
  readonly element = document.createElement('ul');
  private readonly views = new Map<string, View>();

  /** @param make a view for a row that is new */
  constructor(
    private readonly make: (key: string) => View,
    private readonly onGone: (element: HTMLElement) => void = () => undefined,
  ) {
    this.element.className = 'pm500-list';
  }

  /** Shows these rows, in this order, and no other. */
  show(rows: readonly Row[]): void {
    const wanted = new Set(rows.map(({ key }) => key));
    for (const [key, view] of this.views) {
      if (wanted.has(key)) continue;
      this.onGone(view.element);
      view.element.remove();
      this.views.delete(key);
    }
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    let next = this.element.firstElementChild;
    for (const row of rows) {
      const view = this.views.get(row.key) ?? this.add(row.key);
      view.show(row);
      if (view.element === next) next = next.nextElementSibling;
      else this.element.insertBefore(view.element, next);
    }
    // What is put elsewhere loses the focus on its way.
    if (focused instanceof HTMLElement && focused.isConnected && this.element.contains(focused)) focused.focus();
  }

  view(key: string): View | undefined {
    return this.views.get(key);
  }

  tick(nowMs: number): void {
    for (const view of this.views.values()) view.tick?.(nowMs);
  }

  private add(key: string): View {
    const view = this.make(key);
    view.element.dataset['key'] = key;
    this.views.set(key, view);
    return view;
  }
}
