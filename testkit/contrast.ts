import type { Page } from 'playwright-core';
import { settled } from './accessibility';

const WORDS_OF_FORMS = [
  'label',
  'small',
  '.pm500-tip',
  '.pm500-section',
  '.pm500-badge',
  '.pm500-say',
  '.pm500-complaint',
  '.pm500-table td',
]
  .map((words) => `.pm500-form ${words}`)
  .join(', ');

/** Words of the sidebar; its buttons are the editor's own. */
export const SIDEBAR_WORDS = '.pm500-sidebar :is(span, p, .pm500-link, div:not(:has(*))):not(:empty)';

/**
 * The words of our forms whose color stands out too little from what is behind them, each with its contrast
 * (WCAG 2.2: from 1 to 21).
 * @param least the contrast that is enough
 * @param words which elements are looked at
 */
export async function findFaintWords(page: Page, least: number, words = WORDS_OF_FORMS): Promise<readonly string[]> {
  await settled(page);
  return page.evaluate<readonly string[]>(`(() => {
    const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
    const luminance = (color) => {
      const [red, green, blue] = channels(color).map((channel) => {
        const share = channel / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const isClear = (color) => channels(color)[3] === 0;
    const behind = (element) => {
      const color = getComputedStyle(element).backgroundColor;
      return isClear(color) && element.parentElement !== null ? behind(element.parentElement) : color;
    };
    return [...document.querySelectorAll(${JSON.stringify(words)})].filter((element) => element.checkVisibility()).flatMap((element) => {
      const [dark, light] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      return contrast < ${least} ? [element.textContent.trim() + ': ' + contrast.toFixed(1)] : [];
    });
  })()`);
}
