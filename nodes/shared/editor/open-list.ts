import { asButton } from './keyboard';
import { wordsOf } from './text';

/** The words stand in what all catalogs share. */
const text = wordsOf('pm500-meter');

/** What is taken away fades first. */
const STAYING = ':not(.red-ui-editableList-item-deleting)';

/** What a list of rows is made of. */
interface ListLook<Row> {
  /** On the button that adds one. */
  readonly add: string;
  readonly height: number | 'auto';
  /** Fills a row. */
  readonly show: (container: JQuery, row: Row) => void;
  /** What a row is called when it is said where it went. */
  readonly nameOf: (container: JQuery) => string;
}

/** Rows that a person adds, moves and takes away, with a mouse or by keys; every change of them is a `change` of the list. */
export class OpenList<Row extends object> {
  private readonly box: JQuery;
  private readonly said = $('<div class="pm500-say" role="status">');

  constructor(
    place: JQuery,
    private readonly look: ListLook<Row>,
  ) {
    this.box = $('<ol>').appendTo(place);
    // What is wrong may be so no longer.
    const tell = (): void => {
      this.tell();
    };
    this.box.editableList<Row>({
      addButton: look.add,
      height: look.height,
      sortable: true,
      removable: true,
      addItem: (container, _index, row) => {
        look.show(container, row);
        this.openToKeys(container);
      },
      removeItem: tell,
      sortItems: tell,
    });
    place.append(this.said);
    this.addButton().on('click', () => {
      this.box.children().last().find('input').first().trigger('focus');
      tell();
    });
  }

  add(row: Row): void {
    this.box.editableList('addItem', row);
  }

  /** Shows these in place of all that there are. */
  replace(rows: readonly Row[]): void {
    this.box.editableList('empty');
    for (const row of rows) this.add(row);
  }

  tell(): void {
    this.box.trigger('change');
  }

  /** What the rows were shown in, in their order; `of` chooses it within each. */
  rows(of: string): readonly JQuery[] {
    const items = this.box.editableList('items').toArray();
    return items.map((item) => $(item).find(of).addBack(of));
  }

  /** A row is put elsewhere and taken away without a mouse, too; the handle stands before the row, where it is seen. */
  private openToKeys(container: JQuery): void {
    const item = container.closest('li');
    const name = (): string => this.look.nameOf(container);
    const handle = asButton(item.children('.red-ui-editableList-item-handle').prependTo(item), text('list.move'));
    handle.on('keydown', (event) => {
      const other = { ArrowUp: item.prev(), ArrowDown: item.next() }[event.key];
      if (other === undefined) return;
      event.preventDefault();
      if (other.length === 0) return;
      if (event.key === 'ArrowUp') item.insertBefore(other);
      else item.insertAfter(other);
      handle.trigger('focus');
      this.tell();
      this.said.text(
        text('list.moved', { name: name(), row: item.index() + 1, count: item.parent().children().length }),
      );
    });
    const remove = asButton(item.children('.red-ui-editableList-item-remove'), text('list.remove'));
    remove.on('click', () => {
      this.said.text(text('list.removed', { name: name() }));
      const near = [item.nextAll(STAYING).first(), item.prevAll(STAYING).first()].find((each) => each.length > 0);
      (near?.children('.red-ui-editableList-item-remove') ?? this.addButton()).trigger('focus');
    });
  }

  private addButton(): JQuery {
    return this.box.closest('.red-ui-editableList').find('.red-ui-editableList-addButton');
  }
}
