import { isRecord } from '../support/expect';
import type { ViewerMessage } from './viewers';

/** The longest key that a meter can have, and more of them than a window may show. */
const MOST_TEXT = 500;
const MOST_KEYS = 200;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_TEXT;

function readShown(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= MOST_KEYS && value.every(isText) ? value : undefined;
}

/** Reads what a window says; undefined for anything that no window of this package says. */
export function parseViewerMessage(data: unknown): ViewerMessage | undefined {
  if (!isRecord(data)) return undefined;
  const { kind, ticket, sequence } = data;
  const shown = readShown(data['shown']);
  if (kind === 'open' && isText(ticket) && shown !== undefined) return { kind, ticket, shown };
  if (kind === 'show' && shown !== undefined) return { kind, shown };
  if (kind === 'got' && typeof sequence === 'number') return { kind, sequence };
  return kind === 'close' ? { kind } : undefined;
}
