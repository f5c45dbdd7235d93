import { PM500 } from '../../src/meters/pm500';
import type { FindWords } from './told-words';

/** Messages of the alarms that nobody wrote for a site; they say no number. */
const BY_DEFAULT: ReadonlyMap<string, string> = new Map(
  PM500.defaultAlarms({ lineToNeutralVolts: 1, frequencyHz: 50, ratedAmperes: 1 }).map(({ id, message }) => [
    id,
    message,
  ]),
);

/** The message of an alarm: in other words where it is one by default, else as the site wrote it. */
export function alarmWords(id: string, message: string, find: FindWords): string {
  return BY_DEFAULT.get(id) === message ? (find(`alarm.${id}`) ?? message) : message;
}
