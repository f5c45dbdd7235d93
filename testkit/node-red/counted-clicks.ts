import type { Locator, Page } from 'playwright-core';

/** A person in a browser, whose clicks are counted as the browser sees them: each press of a mouse button, a double click two. */
export class CountedClicks {
  private constructor(private readonly page: Page) {}

  static async on(page: Page): Promise<CountedClicks> {
    await page.evaluate(
      `window.pm500Presses = 0; document.addEventListener('mousedown', () => window.pm500Presses++, true);`,
    );
    return new CountedClicks(page);
  }

  count(): Promise<number> {
    return this.page.evaluate<number>('window.pm500Presses');
  }

  /** Clicks into a field and types over what is there. */
  async type(field: Locator, text: string): Promise<void> {
    await field.click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.type(text);
  }
}
