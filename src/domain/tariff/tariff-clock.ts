import { DAYS, type Day, type Tariff, type TariffRule } from './tariff';
import { Zone } from './zone';

const MINUTE_MS = 60_000;
const MINUTES_PER_DAY = 24 * 60;
const DAY_MS = MINUTES_PER_DAY * MINUTE_MS;

interface LocalDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Month x 100 + day. */
  readonly monthDay: number;
  readonly weekday: Day;
}

function fitsTime({ fromMinute, toMinute }: TariffRule, minute: number): boolean {
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** Says which price level holds when, in local time with daylight saving. */
export class TariffClock {
  private readonly zone: Zone;
  private readonly edges: readonly number[];
  private readonly holidays: ReadonlySet<string>;
  private last = { fromMs: Number.NaN, untilMs: Number.NaN, name: '' };

  constructor(private readonly tariff: Tariff) {
    this.zone = new Zone(tariff.timeZone);
    const edges = tariff.rules.flatMap(({ fromMinute, toMinute }) => [fromMinute, toMinute]);
    this.edges = [...new Set([...edges, MINUTES_PER_DAY])].sort((left, right) => left - right);
    this.holidays = new Set(tariff.holidays);
  }

  /** Name of the price level, and until when it certainly holds (the same may hold after that too). */
  at(timeMs: number): { readonly name: string; readonly untilMs: number } {
    if (!(timeMs >= this.last.fromMs && timeMs < this.last.untilMs)) {
      this.last = { fromMs: timeMs, untilMs: this.nextEdge(timeMs), name: this.find(timeMs) };
    }
    return this.last;
  }

  /** The price levels of all rules that fit a time, each once, the one that decides first; none where no rule fits. */
  fitting(timeMs: number): readonly string[] {
    return [...new Set(this.rulesAt(timeMs, Number.POSITIVE_INFINITY).map(({ period }) => period))];
  }

  private find(timeMs: number): string {
    return this.rulesAt(timeMs, 1)[0]?.period ?? this.tariff.otherwise;
  }

  /** The first so many rules that fit. */
  private rulesAt(timeMs: number, most: number): readonly TariffRule[] {
    const local = this.zone.localOf(timeMs);
    const minute = Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS);
    const day = this.dayOf(local);
    const rules: TariffRule[] = [];
    for (const rule of this.tariff.rules) {
      if (rules.length >= most) break;
      if (this.fitsDay(rule, day) && fitsTime(rule, minute)) rules.push(rule);
    }
    return rules;
  }

  private dayOf(local: number): LocalDay {
    const date = new Date(local).toISOString().slice(0, 10);
    const monthDay = Number(date.slice(5, 7)) * 100 + Number(date.slice(8, 10));
    const isHoliday = this.holidays.has(date) || this.holidays.has(date.slice(5));
    return { date, monthDay, weekday: isHoliday ? 'holiday' : (DAYS[new Date(local).getUTCDay()] ?? 'sun') };
  }

  private fitsDay(rule: TariffRule, { monthDay, weekday }: LocalDay): boolean {
    if (rule.days !== undefined && !rule.days.includes(weekday)) return false;
    if (rule.season === undefined) return true;
    return this.tariff.seasons.some(({ name, from, to }) => {
      if (name !== rule.season) return false;
      return from <= to ? monthDay >= from && monthDay <= to : monthDay >= from || monthDay <= to;
    });
  }

  /** The next moment at which a rule can begin or end: an edge of a rule, midnight, or a change of the clocks. */
  private nextEdge(timeMs: number): number {
    const offset = this.zone.offsetAt(timeMs);
    const local = timeMs + offset;
    const midnight = Math.floor(local / DAY_MS) * DAY_MS;
    const edge = this.edges.find((minute) => midnight + minute * MINUTE_MS > local) ?? MINUTES_PER_DAY;
    return this.zone.sameOffsetUntil(timeMs, midnight + edge * MINUTE_MS - offset);
  }
}
