import { isJudged, type Option, type Setting, type JsonShape } from '../../../src/support/setting';
import { holds } from '../../../src/support/shown-when';
import { isShown, isUsed, secretsIn, settingsIn, type Field, type FormFacts } from '../field';
import { complaintOf } from './check';
import { Complaints, toldOf, type ToldInRows } from './complaints';
import { openToKeys } from './keyboard';
import { wordsOf, type Words } from './text';
import { textOf } from './values';

/** What is special to one form; everything else follows from its fields. */
export interface FormScript {
  readonly inputs?: number;
  readonly outputs?: number;
  readonly align?: 'left' | 'right';
  /** What a node without a name is called; its type's word of the palette where this says nothing. */
  readonly label?: (node: EditorNode) => string | undefined;
  /** Key of the catalog that names an output of the node. */
  readonly outputLabel?: (node: EditorNode, index: number) => string;
  /** Fills places of the form that are the script's own. */
  readonly prepare?: (node: EditorNode, form: OpenForm) => void;
  /** What the script's own places hold now. */
  readonly save?: (form: OpenForm) => Readonly<Record<string, unknown>>;
}

/** A form while it is open. */
export class OpenForm {
  /** Settings that the script edits in rows beside their text, by name. */
  readonly inRows = new Map<string, ToldInRows>();

  constructor(
    private readonly facts: FormFacts,
    private readonly isConfig: boolean,
  ) {}

  /** The input of a field. */
  input(name: string): JQuery {
    return $(`#node-${this.isConfig ? 'config-' : ''}input-${name}`);
  }

  /** A place that the script fills. */
  place(name: string): JQuery {
    return $(`#${this.facts.type}-${name}`);
  }

  /** A section that can be folded. */
  section(name: string): JQuery {
    return $(`#${this.facts.type}-section-${name}`);
  }

  /** What JSON of a field is like. */
  shape(name: string): JsonShape | undefined {
    const setting = this.facts.fields[name]?.setting;
    return setting?.kind === 'code' ? setting.shape : undefined;
  }

  /** What a field of choices offers. */
  options(name: string): readonly Option[] {
    const setting = this.facts.fields[name]?.setting;
    return setting?.kind === 'choice' || setting?.kind === 'choices' ? setting.options : [];
  }

  /** What an entry of a list may have. */
  columns(name: string): Readonly<Record<string, Setting>> {
    const setting = this.facts.fields[name]?.setting;
    return setting?.kind === 'list' ? setting.columns : {};
  }

  /** True where the form has an input for it. */
  has(name: string): boolean {
    return this.input(name).length > 0;
  }

  /** What a field shows, and its default where it shows nothing of its own. */
  value(name: string): unknown {
    if ($(`[data-choices="${name}"]`).length > 0) return this.chosen(name);
    if (!this.has(name)) return defaultIn(this.facts, name);
    const input = this.input(name);
    return input.is(':checkbox') ? input.prop('checked') : input.val();
  }

  /** What every field shows, but secrets and what a script edits. */
  values(): Readonly<Record<string, unknown>> {
    const shown = settingsIn(this.facts.fields).filter(([, { setting }]) => setting.kind !== 'secret');
    return Object.fromEntries(shown.map(([name, { setting }]) => [name, this.shownValue(name, setting)]));
  }

  private shownValue(name: string, setting: Setting): unknown {
    if (setting.kind === 'choices') return this.chosen(name);
    const value = this.value(name);
    // What the editor has in place of a node that is not chosen.
    return setting.kind === 'node' && value === '_ADD_' ? '' : value;
  }

  /** What its secrets show: what was typed, or that one is stored. */
  secrets(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.keys(secretsIn(this.facts.fields)).map((name) => [name, this.input(name).val()]));
  }

  /** The boxes of a field of many choices that are ticked. */
  chosen(name: string): readonly string[] {
    const ticked = $(`[data-choices="${name}"] input:checked`).toArray();
    return ticked.map((box) => (box as HTMLInputElement).value);
  }

  /** Shows what a node has in every field that the editor does not fill itself, or fills wrongly. */
  fill(node: EditorNode): void {
    for (const [name, { setting, isCustom = false }] of settingsIn(this.facts.fields)) {
      if (isCustom) continue;
      if (setting.kind === 'choices') {
        const given = node[name] ?? setting.default;
        const values = Array.isArray(given) ? given : [];
        $(`[data-choices="${name}"] input`).each((_index, box) => {
          $(box).prop('checked', values.includes((box as HTMLInputElement).value));
        });
      } else if (setting.kind === 'code' && setting.language === 'jsonata') {
        this.input(name).typedInput({ default: 'jsonata', types: ['jsonata'] });
      } else if (node[name] === undefined && setting.kind !== 'node' && setting.kind !== 'secret') {
        // The editor leaves fields empty that a saved flow does not have.
        const input = this.input(name);
        if (setting.kind === 'flag') input.prop('checked', setting.default);
        else input.val(textOf(setting.default));
      }
    }
  }

  /** Shows what counts now, whenever something changes, and has the editor judge again what depends on it. */
  follow(): void {
    const { fields } = this.facts;
    const conditions = Object.values(fields).flatMap(({ shownWhen = {}, usedWhen = [] }) => [shownWhen, ...usedWhen]);
    const causes = new Set(conditions.flatMap((condition) => Object.keys(condition)));
    for (const [name, { setting }] of settingsIn(fields)) if (setting.kind === 'choice') causes.add(name);
    const update = (): void => {
      this.showWhatCounts();
    };
    for (const name of causes) this.input(name).add(`[data-choices="${name}"] input`).on('change input', update);
    update();
  }

  private showWhatCounts(): void {
    const valueOf = (property: string): unknown => this.value(property);
    for (const [name, field] of Object.entries(this.facts.fields)) {
      const on = isShown(field, valueOf) && isUsed(field, valueOf(name), valueOf);
      const row = field.beside === true ? this.input(name) : $(`[data-field="${name}"]`);
      const wasOn = row.css('display') !== 'none';
      row.toggle(on);
      const hasTip = holds(field.tipWhen, valueOf);
      $(`[data-tip-of="${name}"]`).each((_index, tip) => {
        const { tipFor } = tip.dataset;
        $(tip).toggle(on && hasTip && (tipFor === undefined || tipFor === textOf(valueOf(name))));
      });
      // What is hidden is not judged: the editor looks again.
      if (on !== wasOn && field.setting?.kind !== 'choice') this.input(name).trigger('change');
    }
    // A section with nothing in it is none. Those of the sidebar are no business of a form.
    for (const part of $('.pm500-form .pm500-part, .pm500-form .pm500-fold').toArray()) {
      const rows = $(part).children('[data-field]').toArray();
      $(part).toggle(rows.some((row) => row.style.display !== 'none'));
    }
  }
}

function defaultOf(setting: Setting): unknown {
  return setting.kind === 'secret' ? '' : setting.default;
}

/** The default of a property, undefined where there is no such setting. */
export function defaultIn({ fields }: FormFacts, name: string): unknown {
  const setting = fields[name]?.setting;
  return setting === undefined ? undefined : defaultOf(setting);
}

function propertyOf(facts: FormFacts, words: Words, name: string, field: Field): EditorProperty {
  const { setting } = field;
  const isConfig = facts.category === 'config';
  function validate(this: EditorNode, value: unknown, _options: unknown): boolean | string {
    // While the form is open, what it shows counts and not what was saved.
    const form = typeof $ === 'function' ? new OpenForm(facts, isConfig) : undefined;
    const valueOf = (property: string): unknown =>
      form?.has(property) === true ? form.value(property) : (this[property] ?? defaultIn(facts, property));
    if (!isShown(field, valueOf)) return true;
    const complaint = complaintOf(name, setting, value);
    return complaint === undefined ? (toldOf(this.id, name, value) ?? true) : words(complaint.key, complaint.values);
  }
  const reference = setting.kind === 'node' ? { type: setting.type } : {};
  // A reference that may be empty, the editor judges itself: it knows whether the other node is right.
  const isOptional = setting.kind === 'node' && setting.required !== true;
  const judge = isOptional ? { required: false } : isJudged(setting) || field.isChecked === true ? { validate } : {};
  return { value: defaultOf(setting), ...reference, ...judge };
}

/** Registers a type with the editor: its form follows from its fields, but for what the script says. */
export function registerForm(facts: FormFacts, script: FormScript): void {
  const { type, category, color, fields } = facts;
  const words = wordsOf(type);
  const isConfig = category === 'config';
  const settings = settingsIn(fields);
  const kept = settings.filter(([, { setting }]) => setting.kind !== 'secret');
  const properties = kept.map(([name, field]) => [name, propertyOf(facts, words, name, field)] as const);
  const credentials = secretsIn(fields);
  const onCanvas = {
    ...(color === undefined ? {} : { color }),
    icon: `${type}.svg`,
    ...(script.align === undefined ? {} : { align: script.align }),
    inputs: script.inputs ?? 0,
    outputs: script.outputs ?? 0,
    paletteLabel: () => words('palette'),
    labelStyle(this: EditorNode): string {
      return textOf(this.name) === '' ? '' : 'node_label_italic';
    },
    inputLabels: () => words('port.input'),
    outputLabels(this: EditorNode, index: number): string {
      return words(script.outputLabel?.(this, index) ?? 'port.output');
    },
  };
  RED.nodes.registerType(type, {
    category,
    ...(isConfig ? {} : onCanvas),
    defaults: Object.fromEntries([...properties, ['configVersion', { value: facts.configVersion }]]),
    ...(Object.keys(credentials).length === 0 ? {} : { credentials }),
    label(this: EditorNode): string {
      const names = [textOf(this.name), script.label?.(this) ?? '', isConfig ? type : words('palette')];
      return names.find((name) => name !== '') ?? type;
    },
    oneditprepare(this: EditorNode): void {
      const form = new OpenForm(facts, isConfig);
      form.fill(this);
      script.prepare?.(this, form);
      form.follow();
      openToKeys(facts);
      new Complaints(facts, this.id, form, words, () => ({ ...form.values(), ...script.save?.(form) })).follow();
    },
    oneditsave(this: EditorNode): void {
      const form = new OpenForm(facts, isConfig);
      for (const [name, { setting, isCustom = false }] of kept)
        if (setting.kind === 'choices' && !isCustom) this[name] = form.chosen(name);
      Object.assign(this, script.save?.(form));
    },
  });
}
