import type { Sentence } from '../../../src/support/sentence';
import { metricWords, tellSentence } from '../told-words';
import { wordsOf } from './text';

/** The build puts what the server says into this catalog, in every language. */
const text = wordsOf('pm500-meter');

/** Of texts that the server names by a key; the catalog gives a key back that it lacks. */
export function findTold(key: string): string | undefined {
  const found = text(`told.${key}`);
  return found.endsWith(`told.${key}`) ? undefined : found;
}

/** What the server says, in the language of the editor. */
export const tell = (sentence: Sentence): string => tellSentence(sentence, findTold);

export const metricText = (metric: string, label: string): string => metricWords(metric, label, findTold);
/** Why a quality is not good; empty where it is. */
export const reasonText = (reason: string): string => (reason === '' ? '' : (findTold(`reason.${reason}`) ?? reason));
export const groupText = (group: string): string => findTold(`group.${group}`) ?? group;
export const provenanceText = (provenance: string): string => findTold(`provenance.${provenance}`) ?? provenance;

/** A value: states are words, in the language of the editor. */
export function valueText(shown: string, unit: string): string {
  if (unit === '' && (shown === 'on' || shown === 'off')) return findTold(`state.${shown}`) ?? shown;
  return `${shown} ${unit}`.trim();
}
