import type { Field, Fields, Widget } from '../../nodes/shared/field';
import type { JsonShape, Option } from '../../src/support/setting';
import { JsonRowsHtml } from './json-rows';

/** The texts of a catalog below its type. */
export interface Catalog {
  readonly [key: string]: string | Catalog;
}

/** What a form is made of, beside its fields. */
export interface FormFrame {
  readonly type: string;
  /** True for a configuration node, whose fields have other ids. */
  readonly isConfig: boolean;
  /** Sections that can be folded, and are at first; all others are headings. */
  readonly folded?: readonly string[];
  readonly fields: Fields;
  readonly catalog: Catalog;
}

const SHORT = 'pm500-short';

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A value as a part of a key: nothing chosen has a word, and points would part it. */
export const keyOf = (value: string | number): string => (value === '' ? 'none' : String(value).replaceAll('.', '_'));

/** Writes the form of one node from its fields; everything visible comes from the catalog or from the options. */
export class FormHtml {
  /** Keys of the catalog that the form shows. */
  readonly used = new Set<string>();

  constructor(private readonly frame: FormFrame) {}

  /** The whole form, as Node-RED wants it in the page. */
  render(): string {
    const { type, fields } = this.frame;
    const sections = new Map<string, string[]>([['', []]]);
    for (const [name, field] of Object.entries(fields)) {
      const { section = '' } = field;
      const rows = sections.get(section) ?? [];
      sections.set(section, rows);
      if (field.beside !== true && field.editedIn === undefined) rows.push(this.row(name, field));
    }
    const body = [...sections].map(([section, rows]) => this.section(section, rows.join('\n'))).join('\n');
    return `<script type="text/html" data-template-name="${type}">\n<div class="pm500-form">\n${body}\n</div>\n</script>`;
  }

  private text(key: string): string | undefined {
    const found = key
      .split('.')
      .reduce<string | Catalog | undefined>(
        (at, part) => (typeof at === 'object' ? at[part] : undefined),
        this.frame.catalog,
      );
    if (typeof found !== 'string') return undefined;
    this.used.add(key);
    return found;
  }

  /** An attribute that has Node-RED put a text of the catalog in. */
  private words(key: string, attribute = ''): string {
    if (this.text(key) === undefined)
      throw new Error(`The catalog of ${this.frame.type} lacks ${key}, which its form shows.`);
    return `data-i18n="${attribute === '' ? '' : `[${attribute}]`}${this.frame.type}.${key}"`;
  }

  private section(section: string, rows: string): string {
    if (section === '' || rows === '') return rows;
    const title = this.words(`section.${section}`);
    const id = `id="${this.frame.type}-section-${section}"`;
    if (this.frame.folded?.includes(section) === true)
      return `<details class="pm500-fold" ${id}>\n<summary ${title}></summary>\n${rows}\n</details>`;
    return `<div class="pm500-part" ${id}>\n<div class="pm500-section" ${title}></div>\n${rows}\n</div>`;
  }

  private idOf(name: string): string {
    return `node-${this.frame.isConfig ? 'config-' : ''}input-${name}`;
  }

  /** A field, what stands beside it, and what is said about them. */
  private row(name: string, field: Field | Widget): string {
    const own = `data-field="${name}"`;
    if (field.setting === undefined) return `<div class="pm500-beside" ${own} id="${this.frame.type}-${name}"></div>`;
    const { kind } = field.setting;
    const inputs = [this.input(name, field), ...this.besides(name)].join('');
    const row =
      kind === 'flag' || (field.isCustom === true && kind === 'list')
        ? `<div class="form-row" ${own}>${inputs}</div>`
        : `<div class="form-row" ${own}>${this.label(name, field)}${inputs}</div>`;
    return [row, ...this.tips(name, field)].join('\n');
  }

  /** What stands in the same row: the fields behind it that say so, up to the next one that does not. */
  private besides(name: string): readonly string[] {
    const all = Object.entries(this.frame.fields);
    const rest = all.slice(all.findIndex(([each]) => each === name) + 1);
    const end = rest.findIndex(([, { beside = false }]) => !beside);
    return rest.slice(0, end === -1 ? rest.length : end).map(([other, field]) => {
      if (field.setting === undefined) return '';
      return this.input(other, field, this.words(`label.${other}`, 'aria-label'));
    });
  }

  private label(name: string, { icon, setting }: Field): string {
    const isTall = setting.kind === 'choices' || (setting.kind === 'code' && setting.language === 'json');
    const shown = icon === undefined ? '' : `<i class="fa fa-${icon}"></i> `;
    const style = isTall ? ' style="vertical-align: top; padding-top: 6px"' : '';
    const target = setting.kind === 'choices' ? '' : ` for="${this.idOf(name)}"`;
    return `<label${target}${style}>${shown}<span ${this.words(`label.${name}`)}></span></label>`;
  }

  private input(name: string, field: Field, extra = ''): string {
    const { setting, short = false } = field;
    const id = `id="${this.idOf(name)}"`;
    const placeholder =
      this.text(`placeholder.${name}`) === undefined ? '' : this.words(`placeholder.${name}`, 'placeholder');
    const attributes = [id, placeholder, extra].filter((each) => each !== '').join(' ');
    if (field.isCustom === true) return `<div class="pm500-custom" id="${this.frame.type}-${name}"></div>`;
    switch (setting.kind) {
      case 'number':
        return `<input type="text" ${attributes} class="${SHORT}" />${this.unit(setting.unit)}`;
      case 'text':
        return `<input type="text" ${attributes}${short ? ` class="${SHORT}"` : ''} />`;
      case 'node':
        return `<input type="text" ${attributes} class="pm500-node" />`;
      case 'secret':
        return `<input type="${setting.isShown === true ? 'text' : 'password'}" ${attributes} autocomplete="${setting.isShown === true ? 'off' : 'new-password'}" />`;
      case 'flag':
        return `<label></label><input type="checkbox" ${id} class="pm500-check" /><label for="${this.idOf(name)}" class="pm500-check-label" ${this.words(`label.${name}`)}></label>`;
      case 'code':
        if (setting.language === 'jsonata') return `<input type="text" ${attributes} data-typed="jsonata" />`;
        return this.json(
          name,
          setting.shape,
          `<textarea ${attributes} class="pm500-json" rows="4" spellcheck="false"></textarea>`,
        );
      case 'choice':
        return `<select ${attributes}${short ? ` class="${SHORT}"` : ''}>${setting.options.map((option) => this.option(name, option)).join('')}</select>${this.unit(setting.unit)}`;
      case 'choices':
        return `<div class="pm500-choices" data-choices="${name}">${setting.options.map((option) => this.check(name, option)).join('')}</div>`;
      case 'numbers':
      case 'list':
        throw new Error(`${this.frame.type}.${name} is edited by the script of its form; say so with isCustom.`);
    }
  }

  private json(name: string, shape: JsonShape | undefined, text: string): string {
    if (shape === undefined) return text;
    const rows = new JsonRowsHtml(name, shape, (key, attribute) => this.words(key, attribute));
    return `${rows.buttons()}${text}${rows.rows()}`;
  }

  private unit(unit: string | undefined): string {
    if (unit === undefined) return '';
    const key = `unit.${unit}`;
    return this.text(key) === undefined
      ? `<span class="pm500-unit">${escapeHtml(unit)}</span>`
      : `<span class="pm500-unit" ${this.words(key)}></span>`;
  }

  /** The words of an option: the catalog's, else the value itself. */
  private caption(name: string, { value }: Option): { readonly key: string | undefined; readonly text: string } {
    const key = `choice.${name}.${keyOf(value)}`;
    return this.text(key) === undefined ? { key: undefined, text: escapeHtml(String(value)) } : { key, text: '' };
  }

  /** The key of what is said of an option; undefined where nothing is. */
  private noteKey(name: string, { value }: Option): string | undefined {
    const key = `note.${name}.${keyOf(value)}`;
    return this.text(key) === undefined ? undefined : key;
  }

  private option(name: string, option: Option): string {
    const { key, text } = this.caption(name, option);
    const note = this.noteKey(name, option);
    const shown = [note === undefined ? '' : `[title]${this.frame.type}.${note}`, key && `${this.frame.type}.${key}`];
    const keys = shown.filter((each) => each !== undefined && each !== '').join(';');
    const words = keys === '' ? '' : ` data-i18n="${keys}"`;
    return `<option value="${escapeHtml(String(option.value))}"${words}>${text}</option>`;
  }

  private check(name: string, option: Option): string {
    const { key, text } = this.caption(name, option);
    const attribute = key === undefined ? '' : ` ${this.words(key)}`;
    const noteKey = this.noteKey(name, option);
    const note = noteKey === undefined ? '' : `<small ${this.words(noteKey)}></small>`;
    const box = `<input type="checkbox" value="${escapeHtml(String(option.value))}" />`;
    return `<label>${box}<span><span${attribute}>${text}</span>${note}</span></label>`;
  }

  /** What is said of the field, whatever it holds, and of each choice while it is made. */
  private tips(name: string, { setting }: Field): readonly string[] {
    const tips =
      this.text(`tip.${name}`) === undefined
        ? []
        : [`<div class="pm500-tip" data-tip-of="${name}" ${this.words(`tip.${name}`)}></div>`];
    const options = setting.kind === 'choice' ? setting.options.map(({ value }) => String(value)) : [];
    const own = options.filter((value) => this.text(`tip.${name}.${value}`) !== undefined);
    return [
      ...tips,
      ...own.map(
        (value) =>
          `<div class="pm500-tip" data-tip-of="${name}" data-tip-for="${value}" ${this.words(`tip.${name}.${value}`)}></div>`,
      ),
    ];
  }
}
