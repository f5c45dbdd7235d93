import type { Sentence } from '../src/support/sentence';
import type { Catalog } from '../tools/forms/html';
import { toldCatalog } from '../tools/forms/told';
import { ROOT } from '../testkit/root';

const GERMAN = toldCatalog(ROOT, 'de');

function hasKey(key: string): boolean {
  const found = key
    .split('.')
    .reduce<string | Catalog | undefined>(
      (below, part) => (typeof below === 'object' ? below[part] : undefined),
      GERMAN,
    );
  return typeof found === 'string';
}

const isSentence = (value: object): value is Sentence => 'key' in value && 'values' in value && 'text' in value;

/** Sentences of an answer, also those within others, that a German editor would show in English. */
export function withoutGerman(answer: unknown): readonly string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  const within = Object.values(isSentence(answer) ? answer.values : answer).flatMap(withoutGerman);
  return isSentence(answer) && answer.text !== '' && !hasKey(answer.key) ? [answer.text, ...within] : within;
}
