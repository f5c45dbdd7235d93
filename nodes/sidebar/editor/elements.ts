import { text } from './words';

/** Makes an element with a class and words in it. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  words = '',
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (words !== '') made.textContent = words;
  return made;
}

/** Writes words where there are others: what is the same is not written again, and not read out again. */
export function write(target: HTMLElement, words: string): void {
  if (target.textContent !== words) target.textContent = words;
}

/** A button in the look of the editor. */
export function button(className: string, words: string, press: () => void): HTMLButtonElement {
  const made = element('button', `red-ui-button red-ui-button-small ${className}`, words);
  made.type = 'button';
  made.addEventListener('click', press);
  return made;
}

/** The name of something; pressing it shows its node. */
export class NodeLink {
  readonly element: HTMLButtonElement;
  private node = '';

  constructor(className = '') {
    this.element = element('button', `pm500-link ${className}`);
    this.element.type = 'button';
    this.element.addEventListener('click', () => {
      RED.view.reveal(this.node);
    });
  }

  show(node: string, words: string, name = words): void {
    this.node = node;
    write(this.element, words);
    this.element.setAttribute('aria-label', `${words}. ${text('reveal', { name })}`);
    this.element.title = text('reveal', { name });
  }
}

/** A word in a frame of the color of what it says. */
export function showBadge(target: HTMLElement, kind: string, words: string): void {
  target.className = `pm500-badge pm500-badge-${kind}`;
  write(target, words);
}
