import { alarmWords } from '../alarm-words';
import { metricWords } from '../told-words';
import type { Catalog } from './catalogs';

/** The catalogs of all languages; the build writes them in. */
declare const WIDGET_WORDS: Readonly<Record<string, Catalog>>;

const FALLBACK = 'en-US';
const MS_PER_S = 1000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;

/** The catalog for the language of this browser: the very one, else one of the same language. */
function catalogFor(wanted: readonly string[]): Catalog {
  for (const language of wanted) {
    const [first = ''] = language.split('-');
    const found =
      WIDGET_WORDS[language] ?? Object.entries(WIDGET_WORDS).find(([name]) => name.split('-')[0] === first)?.[1];
    if (found !== undefined) return found;
  }
  return WIDGET_WORDS[FALLBACK] ?? {};
}

const CATALOG = catalogFor(navigator.languages);

function find(catalog: Catalog, key: string): string | undefined {
  const found = key
    .split('.')
    .reduce<string | Catalog | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), catalog);
  return typeof found === 'string' ? found : undefined;
}

/** A text of the catalog. @param values fill its `__name__` places */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const found = find(CATALOG, key) ?? find(WIDGET_WORDS[FALLBACK] ?? {}, key) ?? key;
  return found.replaceAll(/__(\w+)__/g, (_place, name: string) => String(values[name] ?? ''));
}

/** As the server names it. */
const told = (key: string): string | undefined => find(CATALOG, key);

export const metricText = ({ metric, label }: { readonly metric: string; readonly label: string }): string =>
  metricWords(metric, label, told);
export const alarmText = (id: string, message: string): string => alarmWords(id, message, told);

/** How long something took or has been, in the largest unit that says something. */
export function ageWords(ms: number): string {
  const age = Math.max(0, ms);
  if (age < 2 * MS_PER_MINUTE) return text('age.seconds', { count: Math.floor(age / MS_PER_S) });
  if (age < 2 * MS_PER_HOUR) return text('age.minutes', { count: Math.floor(age / MS_PER_MINUTE) });
  if (age < 2 * MS_PER_DAY) return text('age.hours', { count: Math.floor(age / MS_PER_HOUR) });
  return text('age.days', { count: Math.floor(age / MS_PER_DAY) });
}

/** A moment as people of this browser read it: the time, and the day where it is another one. */
export function momentWords(epochMs: number, nowMs: number): string {
  const [time, now] = [new Date(epochMs), new Date(nowMs)];
  const clock = time.toLocaleTimeString();
  return time.toDateString() === now.toDateString() ? clock : `${time.toLocaleDateString()} ${clock}`;
}
