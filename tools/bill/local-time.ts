/** What clocks of a zone show, as if it were UTC. */
function shownMs(timeMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  }).formatToParts(timeMs);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The moment at which clocks of a zone without daylight saving show this. */
export function momentOf(localMs: number, timeZone: string): number {
  return localMs - (shownMs(localMs, timeZone) - localMs);
}

/** Midnight on the first of a month; month 13 is the January after. */
export function localMidnight(year: number, month: number, timeZone: string): number {
  return momentOf(Date.UTC(year, month - 1, 1), timeZone);
}

/** `Mon, Jan 8, 10:15` on the clocks of a zone. */
export function shownTime(timeMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-US', {
    ...{
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    },
  }).format(timeMs);
}
