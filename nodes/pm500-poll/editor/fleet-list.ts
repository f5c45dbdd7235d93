import type { Setting } from '../../../src/support/setting';
import type { ListedDevice } from '../../shared/editor/meter-search';
import { OpenList } from '../../shared/editor/open-list';
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

/** The list of meters in the form of a node. */
export class FleetList {
  private readonly list: OpenList<FleetEntry>;

  /** @param columns what an entry may have */
  constructor(
    place: JQuery,
    private readonly columns: Readonly<Record<string, Setting>>,
  ) {
    this.list = new OpenList<FleetEntry>(place, {
      add: text('label.addMeter'),
      height: 240,
      show: (container, entry) => {
        this.show(container, entry);
      },
      nameOf: (container) => textOf(container.find('[data-column=name]').val()),
    });
  }

  add(entry: FleetEntry): void {
    this.list.add(entry);
  }

  /** Adds a meter that was found, with a name to be changed. */
  addFound({ address, port, serialNumber }: ListedDevice): void {
    const isUsual = this.defaultOf('port') === port;
    this.add({ name: `meter-${serialNumber}`, host: address, ...(isUsual ? {} : { port: String(port) }) });
    this.list.tell();
  }

  /** The entries as they are shown now. */
  read(): readonly FleetEntry[] {
    return this.list.rows('.pm500-entry').map((row) => this.entryOf(row));
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
