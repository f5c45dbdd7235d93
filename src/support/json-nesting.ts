const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/**
 * Whether lists and objects stand in more than `most` others, in a text that may be JSON. To be asked before `JSON.parse` of what
 * may be large: that takes seconds, and a hundred times the memory of the text, for a million of brackets.
 */
export function isNestedDeeper(text: string, most: number): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (isQuoted && unit === BACKSLASH) at += 1;
    else if (unit === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (OPENING.includes(unit)) depth += 1;
    else if (CLOSING.includes(unit)) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}
