import type { Page } from 'playwright-core';

/** More stops than any dialog has, with the editor around it. */
const MOST_STOPS = 400;

/** Where the focus is, and how that is seen. */
interface Stop {
  readonly what: string;
  readonly isInForm: boolean;
  /** Wrong: nobody sees it, or something else lies over it. */
  readonly isHidden: boolean;
  readonly outline: number;
}

/** What is wrong with a dialog for who has no mouse; empty lists where nothing is. */
interface KeyFaults {
  /** What can be pressed or typed into, and Tab passes over. */
  readonly unreached: readonly string[];
  /** Where the focus is without being seen. */
  readonly unseen: readonly string[];
  /** What has the focus before something that stands wholly above it. */
  readonly outOfOrder: readonly string[];
}

/** CSS pixels (WCAG 2.2, 2.4.13). */
const LEAST_OUTLINE = 2;

/** Before the form: the last button above it. */
const START = `(() => {
  document.querySelectorAll('[data-stop]').forEach((each) => delete each.dataset.stop);
  window.stops = 0;
  document.querySelector('.red-ui-tray:last-of-type :is(#node-dialog-ok, #node-config-dialog-ok)').focus();
})()`;

const HERE = `(() => {
  const at = document.activeElement;
  if (at === null) return undefined;
  window.stops = window.stops ?? 0;
  if (at.dataset.stop === undefined) at.dataset.stop = String(++window.stops);
  const tray = document.querySelector('.red-ui-tray:last-of-type');
  const { left, top, width, height } = at.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + height / 2);
  const style = getComputedStyle(at);
  const what = at.tagName.toLowerCase() + '#' + at.id + '.' + at.className + ' ' + (at.innerText || at.ariaLabel || at.title || '').trim().slice(0, 40);
  return {
    what,
    isInForm: tray?.querySelector('.pm500-form')?.contains(at) === true,
    isHidden: !at.checkVisibility({ visibilityProperty: true }) || seen === null || !(at.contains(seen) || seen.contains(at)),
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
  };
})()`;

/** jQuery keeps handlers beside the elements; a sortable list has one only to swallow the click that ends a drag. */
const UNREACHED = `(() => {
  const form = document.querySelector('.red-ui-tray:last-of-type .pm500-form');
  const isPressed = (each) => {
    if (each.matches('.ui-sortable')) return false;
    const handlers = $._data(each, 'events')?.click ?? [];
    return handlers.some(({ selector }) => !selector) || each.onclick !== null;
  };
  const native = 'a, button, input:not([type=hidden]), select, textarea, summary, [tabindex], [role=button], .red-ui-editableList-item-handle';
  return [...form.querySelectorAll('*')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.matches(native) || isPressed(each))
    .filter((each) => each.ariaDisabled !== 'true' && !each.disabled && !each.matches('.disabled'))
    .filter((each) => each.dataset.stop === undefined && each.querySelector('[data-stop]') === null && each.closest('form [data-stop]') === null)
    .filter((each) => each.closest('[style*="-2000px"]') === null)
    .map((each) => each.outerHTML.slice(0, 160));
})()`;

const OUT_OF_ORDER = `(() => {
  const form = document.querySelector('.red-ui-tray:last-of-type .pm500-form');
  const stops = [...form.querySelectorAll('[data-stop]')].sort((a, b) => Number(a.dataset.stop) - Number(b.dataset.stop));
  return stops.slice(1).flatMap((each, index) => {
    const before = stops[index];
    // What scrolls by itself shows its rows elsewhere.
    if (before.closest('.red-ui-editableList, .pm500-scroll') !== each.closest('.red-ui-editableList, .pm500-scroll')) return [];
    const isAbove = each.getBoundingClientRect().bottom <= before.getBoundingClientRect().top;
    return isAbove ? [before.outerHTML.slice(0, 80) + ' before ' + each.outerHTML.slice(0, 80)] : [];
  });
})()`;

/** A person without a mouse. */
export class Keyboard {
  constructor(private readonly page: Page) {}

  press(...keys: readonly string[]): Promise<void> {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  /** True where the focus is on it. */
  isOn(selector: string): Promise<boolean> {
    return this.page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`);
  }

  /**
   * Goes to an element as a person does who knows where it is.
   * @param key `Shift+Tab` goes back
   * @throws Error where the focus never comes there
   */
  async reach(selector: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if (await this.isOn(selector)) return;
      await this.press(key);
    }
    throw new Error(`${key} never comes to ${selector}.`);
  }

  /** Writes over what an input holds. */
  async write(selector: string, text: string): Promise<void> {
    await this.reach(selector);
    await this.press('Control+a');
    await this.page.keyboard.type(text);
  }

  /** Chooses an option by its arrows. */
  async choose(selector: string, value: string): Promise<void> {
    await this.reach(selector);
    await this.press('Home');
    const chosen = (): Promise<string> => this.page.locator(selector).inputValue();
    for (let steps = 0; steps < MOST_STOPS; steps++) {
      if ((await chosen()) === value) return;
      await this.press('ArrowDown');
    }
    throw new Error(`The arrows never come to ${value} of ${selector}.`);
  }

  /** Goes through the form on top with Tab, from its first stop until it is left. */
  async walk(): Promise<KeyFaults> {
    const { page } = this;
    await page.evaluate(START);
    const stops: Stop[] = [];
    for (;;) {
      await this.press('Tab');
      const stop = await page.evaluate<Stop>(HERE);
      if (stop.isInForm) stops.push(stop);
      else if (stops.length > 0) break;
      if (stops.length > MOST_STOPS) throw new Error(`Tab does not leave: ${stop.what}.`);
    }
    const unseen = stops.filter(({ isHidden, outline }) => isHidden || outline < LEAST_OUTLINE).map(({ what }) => what);
    const unreached = await page.evaluate<string[]>(UNREACHED);
    return { unreached, unseen, outOfOrder: await page.evaluate<string[]>(OUT_OF_ORDER) };
  }
}
