import type { Overview, ValueRow } from './rows';

/** The parts of which rows are sent. */
const PARTS = ['tasks', 'alarms', 'queues', 'meters', 'values'] as const;
export type OverviewPart = (typeof PARTS)[number];

/** All rows of a moment, the values of some meters among them. */
export type OverviewRows = Omit<Overview, 'left'> & { readonly values: readonly ValueRow[] };

type RowOf<Part extends OverviewPart> = OverviewRows[Part][number];

/** What has changed: rows that are new or other, and keys of rows that are gone. */
export interface OverviewChanges {
  readonly rows: { readonly [Part in OverviewPart]?: readonly RowOf<Part>[] };
  readonly gone: Readonly<Partial<Record<OverviewPart, readonly string[]>>>;
}

/** What somebody was sent, as text by key: equal texts are equal rows. */
export type SentRows = Record<OverviewPart, Map<string, string>>;

export const nothingSent = (): SentRows => ({
  tasks: new Map(),
  alarms: new Map(),
  queues: new Map(),
  meters: new Map(),
  values: new Map(),
});

/** The text of each row, made once for all who look. */
export type RowTexts = ReadonlyMap<object, string>;

export function textsOf(rows: OverviewRows): RowTexts {
  return new Map(PARTS.flatMap((part) => rows[part].map((row): [object, string] => [row, JSON.stringify(row)])));
}

/**
 * What of these rows somebody has not got yet, who has it from then on.
 * @param shown keys of the meters whose values are wanted
 * @returns undefined when nothing has changed
 */
export function takeChanges(
  sent: SentRows,
  rows: OverviewRows,
  texts: RowTexts,
  shown: ReadonlySet<string>,
): OverviewChanges | undefined {
  const news: Partial<Record<OverviewPart, object[]>> = {};
  const gone: Partial<Record<OverviewPart, string[]>> = {};
  for (const part of PARTS) {
    const known = sent[part];
    const now = new Map<string, string>();
    for (const row of rows[part]) {
      if (part === 'values' && !shown.has(row.key)) continue;
      const text = texts.get(row) ?? '';
      now.set(row.key, text);
      if (known.get(row.key) !== text) (news[part] ??= []).push(row);
    }
    // Values that nobody looks at any more are not gone: they are only old.
    if (part !== 'values') for (const key of known.keys()) if (!now.has(key)) (gone[part] ??= []).push(key);
    sent[part] = now;
  }
  if (Object.keys(news).length === 0 && Object.keys(gone).length === 0) return undefined;
  return { rows: news as OverviewChanges['rows'], gone };
}
