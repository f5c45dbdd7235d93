import { refusedRecords } from './metrics';

/** What Firehose asks and is answered (Developer Guide, "Transform source data in Amazon Data Firehose"). */
export interface FirehoseEvent {
  readonly records: readonly { readonly recordId: string; readonly data: string }[];
}

export interface FirehoseAnswer {
  readonly records: readonly {
    readonly recordId: string;
    readonly result: 'Ok' | 'Dropped' | 'ProcessingFailed';
    readonly data: string;
    readonly metadata?: { readonly partitionKeys: Readonly<Record<string, string>> };
  }[];
}

/** Lambda answers with no more than 6 MB (Developer Guide): more, and Firehose keeps none of the records of the call as rows. */
const MOST_ANSWER_BYTES = 6_000_000;
/** What stands around the data of a record in the answer, at most. */
const AROUND_BYTES = 500;

/** Rows that were made of a record; they all go into one partition. */
export interface MadeRows {
  readonly partition: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Rows as Firehose takes them. @throws Error where they come to more characters than `most` */
function dataOf(rows: MadeRows['rows'], most: number): string {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length > most) break;
  }
  const made = text.length > most ? undefined : Buffer.from(text).toString('base64');
  if (made === undefined || made.length > most)
    throw new Error('Its rows have no room in an answer: send its metrics in several messages.');
  return made;
}

/**
 * Answers with the rows of each record, side by side where there are several, as the conversion to Parquet takes them. A
 * record that `make` refuses is kept by Firehose in the folder of errors, as it came; one without rows is done with.
 */
export function rowsForFirehose(
  { records }: FirehoseEvent,
  { now, log }: { readonly now: number; readonly log: (line: string) => void },
  make: (record: unknown) => MadeRows,
): FirehoseAnswer {
  const reasons: string[] = [];
  // Each record may have to go back as it came.
  let room = records.reduce((left, { data }) => left - data.length - AROUND_BYTES, MOST_ANSWER_BYTES);
  const answers = records.map(({ recordId, data }): FirehoseAnswer['records'][number] => {
    try {
      const { partition, rows } = make(JSON.parse(Buffer.from(data, 'base64').toString()));
      if (rows.length === 0) return { recordId, result: 'Dropped', data };
      const made = dataOf(rows, data.length + Math.max(room, 0));
      room -= made.length - data.length;
      return { recordId, result: 'Ok', data: made, metadata: { partitionKeys: partition } };
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
      return { recordId, result: 'ProcessingFailed', data };
    }
  });
  if (reasons.length > 0) log(refusedRecords(reasons, now));
  return { records: answers };
}
