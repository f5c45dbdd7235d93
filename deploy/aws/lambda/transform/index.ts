import table from '../../lake/records.json';
import { rowsForFirehose, type FirehoseAnswer, type FirehoseEvent } from '../firehose';
import { RowMaker, type LakeTable } from '../row';

const rows = new RowMaker(table as LakeTable);

/**
 * Makes a row of the lake of each record.
 * @param log takes a line that counts those that are none
 */
export function transform(event: FirehoseEvent, maker: RowMaker, log: (line: string) => void): FirehoseAnswer {
  return rowsForFirehose(event, { now: Date.now(), log }, (record) => {
    const { kind, day, columns } = maker.rowOf(record);
    return { partition: { kind, day }, rows: [columns] };
  });
}

/** Asked by Firehose. */
export function handler(event: FirehoseEvent): Promise<FirehoseAnswer> {
  return Promise.resolve(transform(event, rows, (line) => void process.stdout.write(`${line}\n`)));
}
