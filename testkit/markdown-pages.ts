import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { ROOT } from './root';

/** A link or a picture of a page. */
export interface PageLink {
  /** As it is written: `fleet.md#the-list`. */
  readonly target: string;
  /** From the root of the repository, without an anchor; undefined for an address elsewhere. */
  readonly path?: string;
  /** Undefined for a page as a whole. */
  readonly anchor?: string;
  /** The words of a link, or what says a picture without it. */
  readonly words: string;
  readonly isPicture: boolean;
}

/** What a heading of a page is called in a link, where no heading before it has the same words. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/\]\([^)]*\)/g, '')
    .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** A page without what stands in fences, which no reader takes for a heading or a link. */
function proseOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').replaceAll(/^( *)```[\s\S]*?^\1```/gm, '');
}

/** What links of a page may have behind `#`. */
export function anchorsOf(path: string): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const anchors = [...proseOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    // An underscore around words makes them slanted; one within a name stays.
    const anchor = anchorOf(heading.replaceAll(/(?<!\w)_|_(?!\w)/g, ''));
    const before = counts.get(anchor) ?? 0;
    counts.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

/** Every link and picture of a page, in its order. */
export function linksOf(path: string): readonly PageLink[] {
  // Code may hold brackets.
  const prose = proseOf(path).replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
  return [...prose.matchAll(/(!?)\[([^\]]*)\]\(\s*([^)\s]+)[^)]*\)/g)].map(([, mark, words = '', target = '']) => {
    const isElsewhere = /^[a-z]+:/.test(target);
    const [file = '', anchor] = target.split('#');
    const own = file === '' ? path : normalize(join(path, '..', file));
    return {
      target,
      words: words.replaceAll(/\s+/g, ' '),
      isPicture: mark === '!',
      ...(isElsewhere ? {} : { path: own }),
      ...(isElsewhere || anchor === undefined ? {} : { anchor }),
    };
  });
}
