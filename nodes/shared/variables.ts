/** The longest name that a sentence shows whole. */
const LONGEST_NAME = 60;

/** What stands between the braces; no quotes and colons, for JSON and JSONata write objects so. */
const NAME = String.raw`[^\s{}()"':\\]+`;
/** A text that is nothing but a variable: what Node-RED replaces, in both of its notations. */
const WHOLE = new RegExp(String.raw`^\$(?:\{(${NAME})\}|\((${NAME})\))$`);
/** A variable anywhere, unless a second dollar sign says that the text itself is meant. */
const ANYWHERE = new RegExp(String.raw`(?<!\$)\$\{(${NAME})\}`);
const LITERAL = new RegExp(String.raw`\$(\$\{${NAME}\})`, 'g');
const WHOLE_LITERAL = new RegExp(String.raw`^\$(\$\{${NAME}\})$`);

/**
 * What a property may hold beside a variable:
 * - `word`: a number, a choice; no `${NAME}` has a meaning in it
 * - `text`: an ID, an address, a path; `$${NAME}` means `${NAME}` itself, anywhere in it
 * - `secret`: only the whole is looked at, for a password may hold anything; `$${NAME}` alone means `${NAME}` itself
 * - `code`: JSON or JSONata; only the whole is looked at, and nothing in it is changed
 */
export type PropertyKind = 'word' | 'text' | 'secret' | 'code';

const shorten = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);

/**
 * Node-RED puts the values of environment variables, also those of flows, groups and subflows, in the place of
 * `${NAME}` before a node sees its properties. It leaves the text where the variable is not set, and where it is only a
 * part of a property. Such a text is no value.
 * @returns what belongs there instead, for a sentence; undefined where no variable is left
 */
export function missingVariable(text: string, kind: PropertyKind): string | undefined {
  const trimmed = text.trim();
  const whole = WHOLE.exec(trimmed);
  const advice = (name: string): string =>
    kind === 'text' || kind === 'secret' ? ` (for this very text, write $\${${name}})` : '';
  if (whole !== null) {
    const name = shorten(whole[1] ?? whole[2] ?? '');
    if (trimmed !== text) return `\${${name}} without spaces around it${advice(name)}`;
    return `the value of the environment variable ${name}, which is not set${advice(name)}`;
  }
  const part = kind === 'text' ? ANYWHERE.exec(text) : null;
  if (part === null) return undefined;
  const name = shorten(part[1] ?? '');
  return `the environment variable ${name} alone, for Node-RED replaces no part of a text${advice(name)}`;
}

/** The text that is meant where a doubled dollar sign keeps `${NAME}` from being a variable. */
export function literalText(text: string, kind: PropertyKind): string {
  if (kind === 'text') return text.replaceAll(LITERAL, '$1');
  return kind === 'secret' ? text.replace(WHOLE_LITERAL, '$1') : text;
}
