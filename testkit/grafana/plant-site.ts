import type { Reading } from '../../src/domain/messages/reading';
import { failedReading } from '../meters/normalize-bench';
import { RecordedPlant } from '../meters/plant-readings';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The site of the recorded plant: a month that has ended and days of the next one, seen at noon. */
export const SITE = {
  zone: 'Europe/Berlin',
  nowMs: Date.parse('2026-03-10T12:00:00+01:00'),
  month: { fromMs: Date.parse('2026-02-01T00:00:00+01:00'), toMs: Date.parse('2026-03-01T00:00:00+01:00') },
  /** When the recorded year begins. */
  plantMs: Date.parse('2026-01-01T00:00:00+01:00'),
  volts: 277,
  hertz: 60,
  co2KgPerKwh: 0.4,
  powerFactorLimit: 0.9,
  meter: 'main-incomer',
  /** Below the highest peak of the plant. */
  contractWatts: 600_000,
} as const;

/** How often the meter is read: every minute in the last day, so that every minute has a value. */
export const READ_EVERY_MS = 3 * MINUTE_MS;
/**
 * Minutes, and everything but energies, power and one voltage, are there for the last days alone: no panel looks further back
 * at them, and they take the database longest.
 */
export const MINUTES_SINCE_MS = SITE.nowMs - 8 * DAY_MS;
const LAST_DAY_MS = SITE.nowMs - 26 * HOUR_MS;

/**
 * The same meter a year before: a whole month and the beginning of the next, energies alone. The recorded year begins at
 * another time, so that no figure of it is that of the year after.
 */
export const YEAR_BEFORE = {
  plantMs: Date.parse('2024-11-01T00:00:00+01:00'),
  month: { fromMs: Date.parse('2025-02-01T00:00:00+01:00'), toMs: Date.parse('2025-03-01T00:00:00+01:00') },
  fromMs: Date.parse('2025-01-31T23:00:00+01:00'),
  toMs: Date.parse('2025-03-12T00:00:00+01:00'),
  everyMs: HOUR_MS,
} as const;

/** A second meter, of what feeds into the grid: its power is negative, and its counter of export counts. */
export const SOLAR = {
  meter: 'solar-roof',
  plantMs: Date.parse('2025-10-01T00:00:00+01:00'),
  everyMs: 15 * MINUTE_MS,
  lastDayEveryMs: 5 * MINUTE_MS,
} as const;

/**
 * Months before those of the site, of the same meter, for whoever wants to see a year: read every quarter of an hour until
 * the first month of the site begins.
 */
export const WHOLE_YEAR = {
  fromMs: Date.parse('2025-04-01T00:00:00+02:00'),
  plantMs: Date.parse('2025-03-01T00:00:00+01:00'),
} as const;

/** What a plant has measured. */
export type Measured = Pick<RecordedPlant, 'powerAt' | 'energyAt'>;

/** What the meters of the site measure. */
export interface PlantOfSite {
  readonly incomer: Measured;
  readonly yearBefore: RecordedPlant;
  /** What it gives is exported. */
  readonly solar: RecordedPlant;
}

/** One plant until a time, and another from then on; the counters go on. */
function joined(before: RecordedPlant, after: RecordedPlant, atMs: number): Measured {
  return {
    powerAt: (timeMs, kind) => (timeMs < atMs ? before : after).powerAt(timeMs, kind),
    energyAt: (timeMs, kind) =>
      timeMs < atMs
        ? before.energyAt(timeMs, kind)
        : before.energyAt(atMs, kind) + after.energyAt(timeMs, kind) - after.energyAt(atMs, kind),
  };
}

/** @param months those before the months of the site, where they are wanted */
export const plantsOfSite = (months?: typeof WHOLE_YEAR): PlantOfSite => ({
  incomer:
    months === undefined
      ? new RecordedPlant(SITE.plantMs)
      : joined(new RecordedPlant(months.plantMs), new RecordedPlant(SITE.plantMs), SITE.plantMs),
  yearBefore: new RecordedPlant(YEAR_BEFORE.plantMs),
  solar: new RecordedPlant(SOLAR.plantMs),
});

/** What befalls the voltages, in minutes before now. */
export const EVENTS = [
  { metric: 'voltage_l1_n', share: 0.83, fromMinute: 300, minutes: 4 },
  { metric: 'voltage_l2_n', share: 1.12, fromMinute: 240, minutes: 3 },
  { metric: 'voltage_l3_n', share: 0.04, fromMinute: 180, minutes: 5 },
] as const;
/** The meter does not answer, minutes before now. */
export const FAILED = { fromMinute: 120, minutes: 5 } as const;
/** Nobody has confirmed the layout yet, minutes before now. */
const UNCONFIRMED = { fromMinute: 480, minutes: 60 } as const;

const isIn = (timeMs: number, { fromMinute, minutes }: { fromMinute: number; minutes: number }): boolean => {
  const since = timeMs - (SITE.nowMs - fromMinute * MINUTE_MS);
  return since >= 0 && since < minutes * MINUTE_MS;
};

/** The reading with what befalls the meter at that time. */
export function disturbed(reading: Reading, timeMs: number): Reading {
  if (isIn(timeMs, FAILED)) return failedReading(reading);
  const events = EVENTS.filter((event) => isIn(timeMs, event));
  const blocks = reading.blocks.map((block) => {
    const changed = events.filter(({ metric }) => metric in block.values);
    const values = Object.fromEntries(changed.map(({ metric, share }) => [metric, share * SITE.volts]));
    return { ...block, values: { ...block.values, ...values } };
  });
  const layout = isIn(timeMs, UNCONFIRMED) ? { ...reading.layout, confirmed: false } : reading.layout;
  return { ...reading, blocks, layout };
}

/**
 * The times at which the meter is read, from the last quarter of an hour before the month to now.
 * @param sinceMs where months before are wanted: every quarter of an hour from then on
 */
export function readTimes(sinceMs = Number.POSITIVE_INFINITY): readonly number[] {
  const times: number[] = [];
  for (let at = sinceMs; at < SITE.month.fromMs - 15 * MINUTE_MS; at += 15 * MINUTE_MS) times.push(at);
  for (
    let at = SITE.month.fromMs - 15 * MINUTE_MS;
    at <= SITE.nowMs;
    at += at < LAST_DAY_MS ? READ_EVERY_MS : MINUTE_MS
  )
    times.push(at);
  return times;
}

const every = (fromMs: number, toMs: number, stepMs: number): readonly number[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, place) => fromMs + place * stepMs);

/** The same of the year before. */
export const yearBeforeTimes = (): readonly number[] =>
  every(YEAR_BEFORE.fromMs, YEAR_BEFORE.toMs - 1, YEAR_BEFORE.everyMs);

/** The same of the meter that exports; often in the last day, so that a line can be drawn. */
export const solarTimes = (): readonly number[] => [
  ...every(SITE.month.fromMs - SOLAR.everyMs, LAST_DAY_MS, SOLAR.everyMs),
  ...every(LAST_DAY_MS + SOLAR.lastDayEveryMs, SITE.nowMs, SOLAR.lastDayEveryMs),
];
