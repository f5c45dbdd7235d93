import type { Locator } from 'playwright-core';
import type { Editor } from './editor';

/**
 * A person in an editor, whose clicks are counted as the browser sees them: each press of a mouse button, a double click
 * two. A double click that came to nothing because the computer was slow does not count.
 */
export class CountedClicks {
  private constructor(
    private readonly editor: Editor,
    private readonly vainBefore: number,
  ) {}

  static async on(editor: Editor): Promise<CountedClicks> {
    await editor.page.evaluate(
      `window.pm500Presses = 0; document.addEventListener('mousedown', () => window.pm500Presses++, true);`,
    );
    return new CountedClicks(editor, editor.vainPresses);
  }

  async count(): Promise<number> {
    const presses = await this.editor.page.evaluate<number>('window.pm500Presses');
    return presses - (this.editor.vainPresses - this.vainBefore);
  }

  /** Clicks into a field and types over what is there. */
  async type(field: Locator, text: string): Promise<void> {
    await field.click();
    await this.editor.page.keyboard.press('ControlOrMeta+A');
    await this.editor.page.keyboard.type(text);
  }
}
