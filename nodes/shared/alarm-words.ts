import type { FindWords } from './told-words';

/** Messages of the alarms that nobody wrote for a site, by their names; the build writes them in. */
declare const ALARM_MESSAGES: Readonly<Record<string, string>>;

/** The message of an alarm: in other words where it is one by default, else as the site wrote it. */
export function alarmWords(id: string, message: string, find: FindWords): string {
  return ALARM_MESSAGES[id] === message ? (find(`alarm.${id}`) ?? message) : message;
}
