import { Expect, type UnknownRecord } from '../../support/expect';
import { DAYS, type Season, type Tariff, type TariffPeriod, type TariffRule } from './tariff';
import { Zone } from './zone';

const expect = new Expect('CONFIG_INVALID', 'correct the tariff calendar (docs/kpis.md shows one).');

const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const MAXIMUM_MINUTE = 24 * 60;
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function name(path: string, value: unknown): string {
  const text = expect.text(path, value);
  return NAME.test(text) ? text : expect.fail(path, value, 'lower snake case, for instance off_peak');
}

function listOf<Item>(path: string, value: unknown, parse: (path: string, value: unknown) => Item): Item[] {
  return expect.array(path, value).map((item, index) => parse(`${path}[${index}]`, item));
}

function optionalList<Item>(path: string, value: unknown, parse: (path: string, value: unknown) => Item): Item[] {
  return value === undefined ? [] : listOf(path, value, parse);
}

function minute(path: string, value: unknown): number {
  const match = /^(\d{2}):(\d{2})$/.exec(typeof value === 'string' ? value : '');
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  const total = hours * 60 + minutes;
  if (!(minutes < 60 && total <= MAXIMUM_MINUTE)) return expect.fail(path, value, 'a time from "00:00" to "24:00"');
  return total;
}

function isDayOfYear(month: number, day: number): boolean {
  return day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0);
}

function monthDay(path: string, value: unknown): number {
  const match = /^(\d{2})-(\d{2})$/.exec(typeof value === 'string' ? value : '');
  const [month, day] = [Number(match?.[1]), Number(match?.[2])];
  return isDayOfYear(month, day) ? month * 100 + day : expect.fail(path, value, 'a day of the year, such as "11-01"');
}

function holiday(path: string, value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  const match = /^(?:\d{4}-)?(\d{2})-(\d{2})$/.exec(text);
  const valid = isDayOfYear(Number(match?.[1]), Number(match?.[2])) && !Number.isNaN(Date.parse(`${text}T00:00Z`));
  const ofEveryYear = text.length === 'MM-DD'.length && isDayOfYear(Number(match?.[1]), Number(match?.[2]));
  if (valid || ofEveryYear) return text;
  return expect.fail(path, value, 'a date such as "2026-05-01", or "12-25" for every year');
}

function period(path: string, value: unknown): TariffPeriod {
  const row = expect.record(path, value);
  return { name: name(`${path}.name`, row['name']), pricePerKwh: price(`${path}.pricePerKwh`, row['pricePerKwh']) };
}

/** Negative prices exist on spot markets. */
function price(path: string, value: unknown): number {
  return value === undefined ? 0 : expect.finite(path, value);
}

function season(path: string, value: unknown): Season {
  const row = expect.record(path, value);
  return {
    name: name(`${path}.name`, row['name']),
    from: monthDay(`${path}.from`, row['from']),
    to: monthDay(`${path}.to`, row['to']),
  };
}

function refuseDoubles(path: string, names: readonly string[]): void {
  const double = names.find((each, index) => names.indexOf(each) !== index);
  if (double !== undefined) expect.fail(path, double, 'a name that stands there once');
}

function rule(path: string, value: unknown, periods: readonly string[], seasons: readonly string[]): TariffRule {
  const row: UnknownRecord = expect.record(path, value);
  const fromMinute = row['from'] === undefined ? 0 : minute(`${path}.from`, row['from']);
  const toMinute = row['to'] === undefined ? MAXIMUM_MINUTE : minute(`${path}.to`, row['to']);
  if (fromMinute === toMinute) expect.fail(`${path}.to`, row['to'], 'another time than "from"');
  if (fromMinute === MAXIMUM_MINUTE) expect.fail(`${path}.from`, row['from'], 'a time before "24:00"');
  return {
    period: expect.choice(`${path}.period`, row['period'], periods),
    ...(row['season'] === undefined ? {} : { season: expect.choice(`${path}.season`, row['season'], seasons) }),
    ...(row['days'] === undefined
      ? {}
      : { days: listOf(`${path}.days`, row['days'], (where, day) => expect.choice(where, day, DAYS)) }),
    fromMinute,
    toMinute,
  };
}

/** The name of a time zone that Node.js knows. */
export function parseTimeZone(path: string, value: unknown, checks: Expect = expect): string {
  const text = checks.text(path, value);
  try {
    return new Zone(text).name;
  } catch {
    return checks.fail(path, value, 'a time zone such as "Europe/Berlin"');
  }
}

/**
 * Reads a tariff calendar.
 * @throws Pm500Error CONFIG_INVALID, one sentence naming the path, what stands there and what belongs there
 */
export function parseTariff(value: unknown): Tariff {
  const tariff = expect.record('tariff', value);
  const periods = listOf('tariff.periods', tariff['periods'], period);
  const names = periods.map((each) => each.name);
  if (names.length === 0) expect.fail('tariff.periods', tariff['periods'], 'at least one period');
  refuseDoubles('tariff.periods', names);
  const seasons = optionalList('tariff.seasons', tariff['seasons'], season);
  const seasonNames = seasons.map((each) => each.name);
  return {
    timeZone: parseTimeZone('tariff.timeZone', tariff['timeZone']),
    currency: tariff['currency'] === undefined ? '' : expect.text('tariff.currency', tariff['currency']),
    periods,
    otherwise: expect.choice('tariff.otherwise', tariff['otherwise'], names),
    seasons,
    rules: optionalList('tariff.rules', tariff['rules'], (path, row) => rule(path, row, names, seasonNames)),
    holidays: optionalList('tariff.holidays', tariff['holidays'], holiday),
  };
}
