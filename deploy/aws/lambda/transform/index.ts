import table from '../../lake/records.json';
import { refusedRecords } from '../metrics';
import { RowMaker, type LakeTable } from '../row';

/** What Firehose asks and is answered (Developer Guide, "Transform source data in Amazon Data Firehose"). */
interface FirehoseEvent {
  readonly records: readonly { readonly recordId: string; readonly data: string }[];
}

interface FirehoseAnswer {
  readonly records: readonly {
    readonly recordId: string;
    readonly result: 'Ok' | 'ProcessingFailed';
    readonly data: string;
    readonly metadata?: { readonly partitionKeys: Readonly<Record<string, string>> };
  }[];
}

const rows = new RowMaker(table as LakeTable);

/**
 * Makes a row of the lake of each record. One that is none is kept by Firehose in the folder of errors, as it came.
 * @param log takes a line that counts those
 */
export function transform({ records }: FirehoseEvent, maker: RowMaker, log: (line: string) => void): FirehoseAnswer {
  const reasons: string[] = [];
  const answers = records.map(({ recordId, data }): FirehoseAnswer['records'][number] => {
    try {
      const { kind, day, columns } = maker.rowOf(JSON.parse(Buffer.from(data, 'base64').toString()));
      const text = Buffer.from(`${JSON.stringify(columns)}\n`).toString('base64');
      return { recordId, result: 'Ok', data: text, metadata: { partitionKeys: { kind, day } } };
    } catch (thrown) {
      reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
      return { recordId, result: 'ProcessingFailed', data };
    }
  });
  if (reasons.length > 0) log(refusedRecords(reasons, Date.now()));
  return { records: answers };
}

/** Asked by Firehose. */
export function handler(event: FirehoseEvent): Promise<FirehoseAnswer> {
  return Promise.resolve(transform(event, rows, (line) => void process.stdout.write(`${line}\n`)));
}
