import { rowsForFirehose, type FirehoseAnswer, type FirehoseEvent } from '../firehose';
import { sparkplugRows } from '../sparkplug';

/** Makes rows of the lake of each message that the rules of Sparkplug decoded. */
export function transformSparkplug(event: FirehoseEvent, now: number, log: (line: string) => void): FirehoseAnswer {
  return rowsForFirehose(event, { now, log }, (message) => {
    const { day, rows } = sparkplugRows(message, now);
    return { partition: { day }, rows };
  });
}

/** Asked by Firehose. */
export function handler(event: FirehoseEvent): Promise<FirehoseAnswer> {
  return Promise.resolve(transformSparkplug(event, Date.now(), (line) => void process.stdout.write(`${line}\n`)));
}
