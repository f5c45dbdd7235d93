import { isShown, settingsIn, type FormFacts } from '../field';
import type { FormComplaints } from '../form-check-page';
import { ofCode } from '../../../src/support/errors';
import { complaintOf } from './check';
import { post } from './post';
import type { Words } from './text';
import { tell } from './told';

/** The server is asked once nobody has typed for this long, ms. */
const CALM_MS = 300;

/** What the server has said of values of nodes, so that a node with one of them is marked when its dialog is closed. */
const told = new Map<string, { readonly value: string; readonly sentence: string }>();

const keyOf = (id: string, name: string): string => `${id} ${name}`;
const asText = (value: unknown): string => JSON.stringify(value ?? '');

/** What the server has said of this very value. */
export function toldOf(id: string, name: string, value: unknown): string | undefined {
  const found = told.get(keyOf(id, name));
  return found?.value === asText(value) ? found.sentence : undefined;
}

/** One sentence of the server, with the path that it begins with. */
export type ToldAt = readonly [path: string, sentence: string];

/** Rows that say themselves what is wrong in them. */
export interface ToldInRows {
  /** Gives true where all of it has a place that is seen. */
  tell(sentences: readonly ToldAt[]): boolean;
}

/** What is asked of an open form. */
interface ShownForm {
  readonly inRows: ReadonlyMap<string, ToldInRows>;
  input(name: string): JQuery;
  value(name: string): unknown;
  secrets(): Readonly<Record<string, unknown>>;
}

/** Says under each field of an open form what is wrong with it: at once what the browser can judge, then what the server says. */
export class Complaints {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private request: JQuery.jqXHR | undefined;
  private isRefused = false;
  private readonly toldWithin = new Map<string, { readonly value: string; readonly all: readonly ToldAt[] }>();

  /** @param values what the form shows, places of its script included */
  constructor(
    private readonly facts: FormFacts,
    private readonly id: string,
    private readonly form: ShownForm,
    private readonly words: Words,
    private readonly values: () => Readonly<Record<string, unknown>>,
  ) {}

  /** Follows the form until it is closed. */
  follow(): void {
    const whole = $('.pm500-form').last();
    whole.on('change input', () => {
      this.show();
      this.askSoon();
    });
    whole.one('remove', () => {
      clearTimeout(this.timer);
      this.request?.abort();
    });
    this.show();
    this.openFolded();
    this.ask();
  }

  private askSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.ask();
    }, CALM_MS);
  }

  private ask(): void {
    if (this.isRefused) return;
    this.request?.abort();
    const values = this.values();
    this.request = post('pm500/form-check', { type: this.facts.type, form: values });
    this.request
      .done((complaints: FormComplaints) => {
        this.remember(values, complaints);
        this.show();
        this.openFolded();
      })
      .fail((_xhr, reason) => {
        // Who may not deploy is told nothing; an answer that was not waited for is no answer.
        this.isRefused = reason !== 'abort';
      });
  }

  private remember(values: Readonly<Record<string, unknown>>, complaints: FormComplaints): void {
    for (const [name] of settingsIn(this.facts.fields)) {
      const sentence = complaints[name];
      if (sentence === undefined) told.delete(keyOf(this.id, name));
      else told.set(keyOf(this.id, name), { value: asText(values[name]), sentence: this.inWords(name, sentence) });
      if (!this.form.inRows.has(name)) continue;
      const isWithin = ([path]: ToldAt): boolean => path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
      this.toldWithin.set(name, { value: asText(values[name]), all: Object.entries(complaints).filter(isWithin) });
    }
  }

  /** What the server has said of parts of the value that a field shows. */
  private withinOf(name: string, value: unknown): readonly ToldAt[] {
    const within = this.toldWithin.get(name);
    return within?.value === asText(value) ? within.all : [];
  }

  /** The server speaks English: in other languages what to enter stands before what it says. */
  private inWords(name: string, sentence: string): string {
    if (this.facts.fields[name]?.isChecked !== true) return tell(ofCode('CONFIG_INVALID', sentence));
    return this.words('inDetail', { enter: this.words(`error.${name}`), sentence });
  }

  private show(): void {
    const values = this.values();
    const secrets = this.form.secrets();
    const valueOf = (name: string): unknown => this.form.value(name);
    for (const [name, field] of settingsIn(this.facts.fields)) {
      const value = field.setting.kind === 'secret' ? secrets[name] : values[name];
      const complaint = isShown(field, valueOf) ? complaintOf(name, field.setting, value) : undefined;
      const told = isShown(field, valueOf) ? toldOf(this.id, name, value) : undefined;
      const isInRows = this.form.inRows.get(name)?.tell(this.withinOf(name, value)) === true;
      const sentence = complaint === undefined ? told : this.words(complaint.key, complaint.values);
      this.say(name, isInRows ? undefined : sentence);
    }
  }

  private say(name: string, sentence: string | undefined): void {
    const id = `${this.facts.type}-complaint-${name}`;
    const input = this.form.input(name);
    const place = $(`#${id}`);
    input.attr('aria-invalid', String(sentence !== undefined)).toggleClass('pm500-wrong', sentence !== undefined);
    if (sentence === undefined) {
      place.remove();
      input.removeAttr('aria-describedby');
      return;
    }
    if (place.length > 0) {
      if (place.text() !== sentence) place.text(sentence);
      return;
    }
    input.attr('aria-describedby', id);
    $('<div class="pm500-complaint" role="status">')
      .attr({ id, 'data-complaint-of': name })
      .text(sentence)
      .insertAfter(this.rowOf(name));
  }

  /** The row in which a field stands, be it beside another one or edited in the place of another one. */
  private rowOf(name: string): JQuery {
    const { editedIn = name } = this.facts.fields[name] ?? {};
    const own = $(`[data-field="${editedIn}"]`);
    return own.length > 0 ? own : this.form.input(name).closest('.form-row');
  }

  /** Whoever opens a dialog that is marked red sees why. */
  private openFolded(): void {
    $('.pm500-form .pm500-complaint').closest('details').prop('open', true);
  }
}
