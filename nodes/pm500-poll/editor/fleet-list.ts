import type { Setting } from '../../../src/support/setting';
import { asButton } from '../../shared/editor/keyboard';
import type { ListedDevice } from '../../shared/editor/meter-search';
import { wordsOf } from '../../shared/editor/text';
import { textOf } from '../../shared/editor/values';

const text = wordsOf('pm500-poll');

/** A meter of the list as the flow saves it: columns that are filled. */
export type FleetEntry = Readonly<Record<string, unknown>>;

interface Cell {
  readonly name: string;
  readonly isWide?: boolean;
}

/** What an entry shows, line by line; the first line is always there. */
const LINES: readonly (readonly Cell[])[] = [
  [{ name: 'name', isWide: true }, { name: 'host', isWide: true }, { name: 'port' }, { name: 'transport' }],
  [{ name: 'site' }, { name: 'area' }, { name: 'line' }, { name: 'asset' }],
  [{ name: 'groups', isWide: true }, { name: 'intervalMs' }, { name: 'rpiMs' }, { name: 'unitId' }],
  [{ name: 'catalogNumber' }, { name: 'enipPort' }, { name: 'baudRate' }, { name: 'parity' }],
  [
    { name: 'layoutFile', isWide: true },
    { name: 'energyLayout', isWide: true },
  ],
  [{ name: 'delivery' }, { name: 'localUdpPort' }, { name: 'localAddress', isWide: true }],
  [{ name: 'timeoutMultiplier' }, { name: 'configurationInstance' }],
];

/** What is taken away fades first. */
const STAYING = ':not(.red-ui-editableList-item-deleting)';

/** The list of meters in the form of a node. */
export class FleetList {
  private readonly box: JQuery;
  private readonly said = $('<div class="pm500-say" role="status">');

  /** @param columns what an entry may have */
  constructor(
    place: JQuery,
    private readonly columns: Readonly<Record<string, Setting>>,
  ) {
    this.box = $('<ol>').appendTo(place);
    // What is wrong may be so no longer.
    const tell = (): void => {
      this.box.trigger('change');
    };
    this.box.editableList<FleetEntry>({
      addButton: text('label.addMeter'),
      height: 240,
      sortable: true,
      removable: true,
      addItem: (container, _index, entry) => {
        this.show(container, entry);
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

  add(entry: FleetEntry): void {
    this.box.editableList('addItem', entry);
  }

  /** Adds a meter that was found, with a name to be changed. */
  addFound({ address, port, serialNumber }: ListedDevice): void {
    const isUsual = this.defaultOf('port') === port;
    this.add({ name: `meter-${serialNumber}`, host: address, ...(isUsual ? {} : { port: String(port) }) });
    this.box.trigger('change');
  }

  /** The entries as they are shown now. */
  read(): readonly FleetEntry[] {
    const items = this.box.editableList('items').toArray();
    return items.map((item) => this.entryOf($(item).find('.pm500-entry').addBack('.pm500-entry')));
  }

  /** A row is put elsewhere and taken away without a mouse, too; the handle stands before the row, where it is seen. */
  private openToKeys(container: JQuery): void {
    const item = container.closest('li');
    const name = (): string => textOf(container.find('[data-column=name]').val());
    const handle = asButton(item.children('.red-ui-editableList-item-handle').prependTo(item), text('list.move'));
    handle.on('keydown', (event) => {
      const other = { ArrowUp: item.prev(), ArrowDown: item.next() }[event.key];
      if (other === undefined) return;
      event.preventDefault();
      if (other.length === 0) return;
      if (event.key === 'ArrowUp') item.insertBefore(other);
      else item.insertAfter(other);
      handle.trigger('focus');
      this.box.trigger('change');
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

  private defaultOf(column: string): unknown {
    const setting = this.columns[column];
    return setting === undefined || setting.kind === 'secret' ? undefined : setting.default;
  }

  /** Properties that the form does not show stay as they are. */
  private show(container: JQuery, entry: FleetEntry): void {
    container.data('entry', entry).addClass('pm500-entry');
    const more = $('<div>').toggle(false);
    const button = $('<button type="button" class="red-ui-button red-ui-button-small" aria-expanded="false">')
      .attr({ title: text('label.more'), 'aria-label': text('label.more') })
      .append('<i class="fa fa-ellipsis-h"></i>')
      .on('click', () => {
        more.toggle();
        button.attr('aria-expanded', String(more.is(':visible')));
      });
    for (const [index, cells] of LINES.entries()) {
      const line = $('<div class="pm500-entry-line">').appendTo(index === 0 ? container : more);
      for (const { name, isWide = false } of cells)
        this.input(name, entry[name]).attr('data-column', name).toggleClass('pm500-wide', isWide).appendTo(line);
      if (index === 0) button.appendTo(line);
    }
    this.flags(entry).appendTo(more);
    more.appendTo(container);
    this.openToKeys(container);
  }

  private flags(entry: FleetEntry): JQuery {
    const line = $('<div class="pm500-entry-line">');
    const names = Object.entries(this.columns).flatMap(([name, { kind }]) => (kind === 'flag' ? [name] : []));
    for (const name of names) {
      const label = $('<label>').text(` ${text(`column.${name}`)}`);
      const isSet = entry[name] === true || entry[name] === 'true';
      $('<input type="checkbox">').attr('data-column', name).prop('checked', isSet).prependTo(label);
      label.appendTo(line);
    }
    return line;
  }

  /** An empty choice stands for what is usual, and is called by the name of the column. */
  private input(name: string, value: unknown): JQuery {
    const hint = text(`column.${name}`);
    const setting = this.columns[name];
    if (setting?.kind !== 'choice')
      return $('<input type="text">').attr({ placeholder: hint, title: hint }).val(textOf(value));
    const select = $('<select>').attr('title', hint);
    for (const each of ['', ...setting.options.map((option) => String(option.value)).filter((own) => own !== '')])
      $('<option>')
        .val(each)
        .text(each === '' ? hint : each)
        .appendTo(select);
    return select.val(textOf(value));
  }

  private entryOf(container: JQuery): FleetEntry {
    const entry: Record<string, unknown> = { ...(container.data('entry') as FleetEntry) };
    container.find<HTMLInputElement>('[data-column]').each((_index, input) => {
      const column = input.dataset['column'] ?? '';
      const value = input.type === 'checkbox' ? input.checked : input.value.trim();
      if (value === '' || value === false) Reflect.deleteProperty(entry, column);
      else entry[column] = value;
    });
    return entry;
  }
}
