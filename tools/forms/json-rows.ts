import type { JsonMember, JsonMembers, JsonShape, Option } from '../../src/support/setting';

/** An attribute that has Node-RED put a text of the catalog into an element, or into one of its attributes. */
type Words = (key: string, attribute?: string) => string;

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('.');

/** Inputs in rows beside the text of a JSON setting, which its script fills: members, and of each list one row to copy. */
export class JsonRowsHtml {
  constructor(
    private readonly name: string,
    private readonly shape: JsonShape,
    private readonly words: Words,
  ) {}

  /** Stands before the text. */
  buttons(): string {
    const button = (key: string, data: string): string =>
      `<button type="button" class="red-ui-button red-ui-button-small" ${data}="${this.name}" ${this.words(key)}></button>`;
    return `<span class="pm500-row-buttons">${button('rows.asJson', 'data-as-json')}${button('rows.insert', 'data-example')}<span class="pm500-say" role="status" data-said-of="${this.name}"></span></span>`;
  }

  /** Stands behind it. */
  rows(): string {
    const { members, lists } = this.shape;
    const own = Object.keys(members).length === 0 ? '' : `<div class="pm500-cells">${this.cells('', members)}</div>`;
    const all = Object.entries(lists).map(([list, of]) => this.list(list, of));
    const label = this.words(`label.${this.name}`, 'aria-label');
    return `<div class="pm500-rows" data-rows="${this.name}" role="group" ${label} hidden>${own}${all.join('')}</div>`;
  }

  private list(list: string, members: JsonMembers): string {
    const title =
      list === '' ? '' : `<div class="pm500-rows-title" ${this.words(join('part', this.name, list))}></div>`;
    const add = `<span class="pm500-add-words" hidden ${this.words(join('add', this.name, list))}></span>`;
    const row = `<div class="pm500-row-template" hidden>${this.cells(list, members)}</div>`;
    return `<div data-list="${list}">${title}${add}${row}</div>`;
  }

  private cells(list: string, members: JsonMembers): string {
    return Object.entries(members)
      .map(([name, member]) => this.cell(list, name, member))
      .join('');
  }

  private cell(list: string, name: string, member: JsonMember): string {
    const { setting, isWide = false } = member;
    const own = `class="pm500-cell${isWide ? ' pm500-cell-wide' : ''}" data-member="${name}"`;
    const key = join('cell', this.name, list, name);
    const caption = `<span class="pm500-caption" ${this.words(key)}></span>`;
    if (setting.kind !== 'choices') return `<label ${own}>${caption}${this.input(name, member)}</label>`;
    const boxes = setting.options.map(
      (option) =>
        `<label><input type="checkbox" value="${option.value}" /><span ${this.option(name, option)}></span></label>`,
    );
    return `<div ${own} role="group" ${this.words(key, 'aria-label')}>${caption}<span class="pm500-boxes">${boxes.join('')}</span></div>`;
  }

  private option(name: string, { value }: Option): string {
    return this.words(`option.${name}.${value}`);
  }

  private input(name: string, { setting, namedIn, isNeeded = false, hint = '' }: JsonMember): string {
    if (namedIn !== undefined)
      return `<select><option value=""${isNeeded ? '' : ` ${this.words(`option.${name}.none`)}`}></option></select>`;
    if (setting.kind === 'flag') return '<input type="checkbox" />';
    if (setting.kind === 'choice') {
      const options = setting.options.map(
        (option) => `<option value="${option.value}" ${this.option(name, option)}></option>`,
      );
      return `<select>${options.join('')}</select>`;
    }
    return `<input type="text" placeholder="${hint}" />`;
  }
}
