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

/** Rows that were made of a record; they all go into one partition. */
export interface MadeRows {
  readonly partition: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
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
  const answers = records.map(({ recordId, data }): FirehoseAnswer['records'][number] => {
    try {
      const { partition, rows } = make(JSON.parse(Buffer.from(data, 'base64').toString()));
      if (rows.length === 0) return { recordId, result: 'Dropped', data };
      const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      const made = Buffer.from(text).toString('base64');
      return { recordId, result: 'Ok', data: made, metadata: { partitionKeys: partition } };
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
      return { recordId, result: 'ProcessingFailed', data };
    }
  });
  if (reasons.length > 0) log(refusedRecords(reasons, now));
  return { records: answers };
}
