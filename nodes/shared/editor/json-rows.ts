import type { JsonMember, JsonMembers, JsonShape } from '../../../src/support/setting';
import { isRecord, type UnknownRecord } from '../../../src/support/expect';
import { holds } from '../../../src/support/shown-when';
import type { ToldAt, ToldInRows } from './complaints';
import { givenBy, placeOf, readShaped, shownOf, writeShaped, type ShapedValue } from './json-values';
import { OpenList } from './open-list';
import { wordsOf } from './text';
import { metricText } from './told';
import { textOf } from './values';

const text = wordsOf('pm500-meter');

/** A row as it is shown; a new one has nothing. */
interface ShownRow {
  readonly entry?: UnknownRecord;
}

const cellIn = (place: JQuery, name: string): JQuery => place.find(`[data-member="${name}"]`);

/** What an input shows; of boxes, those that are ticked. */
function textIn(cell: JQuery, { setting }: JsonMember): string {
  const boxes = cell.find<HTMLInputElement>('input[type=checkbox]');
  if (setting.kind === 'flag') return boxes.prop('checked') === true ? 'true' : '';
  if (setting.kind !== 'choices') return textOf(cell.find('input, select').val());
  const ticked = boxes.toArray().filter(({ checked }) => checked);
  return ticked.map(({ value }) => value).join(' ');
}

/** An option for a value that none has: nothing of what a saved flow holds is changed by looking at it. */
function offer(select: JQuery, value: string): void {
  const values = select
    .find('option')
    .toArray()
    .map((option) => option.value);
  if (!values.includes(value)) $('<option>').val(value).text(value).appendTo(select);
}

function showIn(cell: JQuery, { setting }: JsonMember, shown: string): void {
  if (setting.kind === 'flag') cell.find('input').prop('checked', shown !== '');
  else if (setting.kind === 'choices')
    cell.find<HTMLInputElement>('input').each((_index, box) => {
      box.checked = shown.split(' ').includes(box.value);
    });
  else {
    const input = cell.find('input, select');
    if (input.is('select')) offer(input, shown);
    input.val(shown);
  }
}

/** The text of a JSON setting, edited in rows or as it is: both show the same value, and the text is what is saved. */
export class JsonRows implements ToldInRows {
  private readonly box: JQuery;
  private readonly asJson: JQuery;
  private readonly example: JQuery;
  private readonly said: JQuery;
  private readonly lists: ReadonlyMap<string, OpenList<ShownRow>>;
  /** The text that the rows were filled from, with what it holds. */
  private source = '';
  private value: ShapedValue | undefined;
  private written = '';
  private isFilling = false;
  private told = '';

  /** @param input the text, already filled */
  constructor(
    private readonly name: string,
    private readonly shape: JsonShape,
    private readonly input: JQuery,
  ) {
    this.box = $(`[data-rows="${name}"]`);
    this.asJson = $(`[data-as-json="${name}"]`);
    this.example = $(`[data-example="${name}"]`);
    this.said = $(`[data-said-of="${name}"]`);
    this.suggest();
    this.lists = new Map(Object.entries(shape.lists).map(([list, members]) => [list, this.openList(list, members)]));
    this.box.on('change input', () => {
      this.save();
    });
    // The editor, or a person who sees the text, has written another one.
    input.on('change', () => {
      if (textOf(input.val()) !== this.written && this.isInRows()) this.fill();
    });
    this.asJson.on('click', () => {
      this.turn();
    });
    this.example.on('click', () => {
      input.val(JSON.stringify(shape.example, undefined, '  '));
      if (this.isInRows()) this.fill();
      input.trigger('change');
      const first = this.isInRows() ? this.box.find('input:visible').first() : input;
      first.trigger('focus');
    });
    input.on('input', () => {
      this.followText();
    });
    this.fill();
  }

  /** Says at rows and members what the server says of them. */
  tell(sentences: readonly ToldAt[]): boolean {
    if (!this.isInRows()) return false;
    const told = JSON.stringify(sentences);
    if (told !== this.told) {
      this.told = told;
      this.box.find('.pm500-complaint').remove();
      this.box.find('[aria-invalid]').removeAttr('aria-invalid aria-describedby').removeClass('pm500-wrong');
      for (const [path, sentence] of sentences) this.tellAt(path, sentence);
    }
    return this.box.find('.pm500-complaint').length > 0;
  }

  private tellAt(path: string, sentence: string): void {
    const { list, row, member = '' } = placeOf(this.shape, path.slice(this.name.length));
    const rows = list === undefined ? [] : (this.lists.get(list)?.rows('.pm500-row') ?? []);
    const cells = list === undefined ? this.box.children('.pm500-cells') : rows[row ?? Infinity];
    const place = cells ?? $(`[data-list="${list ?? ''}"]`, this.box);
    const cell = cells === undefined ? $() : cellIn(cells, member);
    const id = `pm500-told-${path.replaceAll(/\W+/g, '-')}`;
    const caption = cell.find('.pm500-caption').text();
    const enter = caption === '' ? '' : text('rows.check', { column: caption });
    cell.find('input, select').attr({ 'aria-invalid': 'true', 'aria-describedby': id }).addClass('pm500-wrong');
    $('<div class="pm500-complaint" role="status">')
      .attr({ id, 'data-complaint-of': path })
      .text(text('inDetail', { enter, sentence }).trim())
      .appendTo(place);
  }

  private isInRows(): boolean {
    return this.asJson.attr('aria-pressed') !== 'true';
  }

  /** From rows to the text and back. */
  private turn(): void {
    this.said.text('');
    if (this.isInRows()) this.show(true);
    else {
      this.fill();
      if (!this.isInRows()) this.said.text(text('rows.notRows'));
    }
    // What is said stands elsewhere now.
    this.input.trigger('change');
  }

  private show(asText: boolean): void {
    this.asJson.attr('aria-pressed', String(asText));
    this.input.toggle(asText);
    this.box.prop('hidden', asText);
    this.told = '';
    this.followText();
  }

  /** An example takes the place of nothing that somebody wrote. */
  private followText(): void {
    this.example.toggle(textOf(this.input.val()).trim() === '');
  }

  /** Shows the text in rows; where it has no rows, as it is. */
  private fill(): void {
    this.source = textOf(this.input.val());
    this.written = this.source;
    this.value = readShaped(this.shape, this.source);
    const { value } = this;
    if (value !== undefined) {
      this.isFilling = true;
      this.showMembers(this.box.children('.pm500-cells'), this.shape.members, value.whole);
      for (const [list, rows] of Object.entries(value.lists)) {
        this.lists.get(list)?.replace(rows.map((entry) => ({ entry })));
      }
      this.isFilling = false;
      this.follow();
    }
    this.show(value === undefined);
  }

  private openList(list: string, members: JsonMembers): OpenList<ShownRow> {
    const place = $(`[data-list="${list}"]`, this.box);
    const template = place.children('.pm500-row-template');
    const [first = ''] = Object.keys(members);
    const rows = new OpenList<ShownRow>(place, {
      add: '',
      height: 'auto',
      show: (container, { entry }) => {
        container.addClass('pm500-row').append($('<div class="pm500-cells">').append(template.children().clone()));
        this.showMembers(container, members, entry ?? {});
        if (entry !== undefined) return;
        // Whoever adds a row sees in a list that something is chosen.
        for (const [name, member] of Object.entries(members))
          if (member.setting.kind === 'choice') showIn(cellIn(container, name), member, String(member.setting.default));
      },
      nameOf: (container) => textOf(cellIn(container, first).find('input, select').val()) || text('rows.new'),
    });
    // The editor puts words in after this.
    const words = place.children('.pm500-add-words').removeAttr('hidden');
    place.find('.red-ui-editableList-addButton').append(document.createTextNode(' '), words);
    return rows;
  }

  private showMembers(place: JQuery, members: JsonMembers, entry: UnknownRecord): void {
    place.data('entry', entry);
    for (const [name, member] of Object.entries(members)) {
      const cell = cellIn(place, name);
      showIn(cell, member, shownOf(member, entry[name]));
      cell.data('shown', textIn(cell, member));
      if (member.suggests !== undefined) cell.find('input').attr('list', this.idOfSuggestions(name));
    }
  }

  private idOfSuggestions(member: string): string {
    return `pm500-${this.name}-${member}`;
  }

  private suggest(): void {
    for (const members of [this.shape.members, ...Object.values(this.shape.lists)])
      for (const [name, { suggests }] of Object.entries(members)) {
        if (suggests === undefined) continue;
        const list = $('<datalist>').attr('id', this.idOfSuggestions(name)).appendTo(this.box);
        for (const each of suggests) $('<option>').val(each).text(metricText(each, each)).appendTo(list);
      }
  }

  private entryOf(place: JQuery, members: JsonMembers): UnknownRecord {
    const before: unknown = place.data('entry');
    const entry: Record<string, unknown> = isRecord(before) ? { ...before } : {};
    for (const [name, member] of Object.entries(members)) {
      const cell = cellIn(place, name);
      const shown = textIn(cell, member);
      if (shown === cell.data('shown')) continue;
      const given = givenBy(member, shown, entry[name]);
      if (given === undefined) Reflect.deleteProperty(entry, name);
      else entry[name] = given;
    }
    return entry;
  }

  private rowsOf(list: string): readonly JQuery[] {
    return this.lists.get(list)?.rows('.pm500-row') ?? [];
  }

  private save(): void {
    if (this.isFilling || this.value === undefined) return;
    this.follow();
    const { members, lists } = this.shape;
    const whole = this.entryOf(this.box.children('.pm500-cells'), members);
    const all = Object.entries(lists).map(([list, of]) => [
      list,
      this.rowsOf(list).map((row) => this.entryOf(row, of)),
    ]);
    this.written = writeShaped(
      this.shape,
      { whole, lists: Object.fromEntries(all) as ShapedValue['lists'] },
      this.source,
    );
    if (this.written === this.input.val()) return;
    this.input.val(this.written).trigger('change');
    this.followText();
  }

  /** Shows what counts in each row, and offers the names that other rows have now. */
  private follow(): void {
    const places = Object.entries(this.shape.lists).flatMap(([list, members]) =>
      this.rowsOf(list).map((row) => [row, members] as const),
    );
    for (const [place, members] of [[this.box.children('.pm500-cells'), this.shape.members] as const, ...places]) {
      const valueOf = (name: string): string => {
        const member = members[name];
        return member === undefined ? '' : textIn(cellIn(place, name), member);
      };
      for (const [name, { shownWhen, namedIn }] of Object.entries(members)) {
        const cell = cellIn(place, name);
        cell.toggle(holds(shownWhen, valueOf) || valueOf(name) !== '');
        if (namedIn !== undefined) this.offerNames(cell.find('select'), namedIn);
      }
    }
  }

  private offerNames(select: JQuery, list: string): void {
    const chosen = textOf(select.val());
    const names = this.rowsOf(list).map((row) => textOf(cellIn(row, 'name').find('input').val()).trim());
    const wanted = [...new Set([...names, chosen])].filter((name) => name !== '');
    const options = select.children().slice(1);
    const offered = options.toArray().map((option) => (option as HTMLOptionElement).value);
    if (offered.join('\n') === wanted.join('\n')) return;
    options.remove();
    for (const name of wanted) offer(select, name);
    select.val(chosen);
  }
}
