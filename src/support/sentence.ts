/** What stands in a place of a sentence. */
export type PlaceValue = string | number | Sentence;

/**
 * A sentence as plain data: whoever shows it looks `key` up in the catalog of its own language and puts `values` in. Logs,
 * commands and whoever lacks that catalog take `text`.
 */
export interface Sentence {
  /** Of the catalogs; empty for what no catalog has, such as the words of another program. */
  readonly key: string;
  readonly values: Readonly<Record<string, PlaceValue>>;
  /** The whole sentence in English. */
  readonly text: string;
}

/** Sentences of one subject: their English templates are declared here and nowhere else. */
export interface SentenceTable<Key extends string = string> {
  readonly subject: string;
  /** English, with places as `{name}`. */
  readonly templates: Readonly<Record<Key, string>>;
  readonly say: (key: Key, values?: Sentence['values']) => Sentence;
}

/** @param tell gives the words of a sentence within a sentence */
export function fillPlaces(
  template: string,
  values: Sentence['values'],
  tell: (sentence: Sentence) => string = ({ text }) => text,
): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'object' ? tell(value) : String(value);
  });
}

/** @param subject what stands in keys before the key of the table */
export function sentences<Key extends string>(
  subject: string,
  templates: Readonly<Record<Key, string>>,
): SentenceTable<Key> {
  const say: SentenceTable<Key>['say'] = (key, values = {}) => ({
    key: `${subject}.${key}`,
    values,
    text: fillPlaces(templates[key], values),
  });
  return { subject, templates, say };
}

/** What is in one language only. */
export const plain = (text: string): Sentence => ({ key: '', values: {}, text });

/** An answer in which every sentence is its English text. */
export type InEnglish<Answer> = Answer extends Sentence
  ? string
  : Answer extends object
    ? { readonly [Name in keyof Answer]: InEnglish<Answer[Name]> }
    : Answer;

const isSentence = (value: object): value is Sentence => 'key' in value && 'values' in value && 'text' in value;

/** The answer for whoever has no catalogs: a command, a log. Plain data only. */
export function inEnglish<Answer>(answer: Answer): InEnglish<Answer> {
  if (typeof answer !== 'object' || answer === null) return answer as InEnglish<Answer>;
  if (isSentence(answer)) return answer.text as InEnglish<Answer>;
  if (Array.isArray(answer)) return answer.map((each: unknown) => inEnglish(each)) as InEnglish<Answer>;
  const entries = Object.entries(answer).map(([name, value]) => [name, inEnglish<unknown>(value)] as const);
  return Object.fromEntries(entries) as InEnglish<Answer>;
}
