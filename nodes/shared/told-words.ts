import { fillPlaces, type Sentence } from '../../src/support/sentence';

/** Looks a text of `nodes/shared/told/` up in the language of whoever reads it; undefined where there is none. */
export type FindWords = (key: string) => string | undefined;

/** A sentence in the language of whoever reads it; English where the catalog lacks it. */
export function tellSentence(sentence: Sentence, find: FindWords): string {
  const template = sentence.key === '' ? undefined : find(sentence.key);
  if (template === undefined) return sentence.text;
  return fillPlaces(template, sentence.values, (inner) => tellSentence(inner, find));
}

const TARIFF_METRIC = /^tariff_energy_(.+?)_((?:last_)?(?:day|month|year))$/;

/**
 * What a metric is called.
 * @param label in English, or as a site calls it
 */
export function metricWords(metric: string, label: string, find: FindWords): string {
  const [, name = '', period] = TARIFF_METRIC.exec(metric) ?? [];
  if (period === undefined) return find(`metric.${metric}`) ?? label;
  const template = find(`tariff.${period}`);
  return template === undefined ? label : fillPlaces(template, { name });
}
