import type { BoardUpdate } from '../board-update';
import { elWith, type Drawn } from './vue';
import { momentWords, text } from './words';

interface NoticeFacts {
  readonly update: BoardUpdate | undefined;
  /** 0 while Node-RED answers. */
  readonly silentSince: number;
  readonly nowMs: number;
}

function notice(kind: string, words: string): Drawn {
  return elWith('p', { class: 'pm500-notice', role: 'status', 'data-notice': kind }, words);
}

/** What keeps a widget from showing what is: no connection, too many browsers, more meters than there is room for. */
export function notices({ update, silentSince, nowMs }: NoticeFacts): readonly Drawn[] {
  const { mostBrowsers, leftOut = 0 } = update ?? {};
  return [
    silentSince > 0 ? notice('silent', text('notice.silent', { time: momentWords(silentSince, nowMs) })) : null,
    mostBrowsers === undefined ? null : notice('browsers', text('notice.browsers', { count: mostBrowsers })),
    leftOut > 0 ? notice('leftOut', text('notice.leftOut', { count: leftOut })) : null,
  ].filter((drawn) => drawn !== null);
}
