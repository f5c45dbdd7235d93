import { choices, optionalNumber, text, type JsonShape } from '../../support/setting';
import type { Day } from './tariff';

/** A week as calendars have it: Monday is the first day, and holidays stand behind. */
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'] as const satisfies readonly Day[];

/** A calendar with everything that one may have. Prices are invented. */
export const TARIFF_EXAMPLE = {
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  periods: [
    { name: 'peak', pricePerKwh: 0.31 },
    { name: 'off_peak', pricePerKwh: 0.22 },
    { name: 'night', pricePerKwh: 0.18 },
  ],
  otherwise: 'off_peak',
  seasons: [{ name: 'winter', from: '11-01', to: '03-31' }],
  rules: [
    { period: 'night', from: '22:00', to: '06:00' },
    { period: 'peak', season: 'winter', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '20:00' },
  ],
  holidays: ['2026-04-03', '12-25', '12-26'],
} as const;

/** A tariff calendar. */
export const TARIFF_SHAPE: JsonShape = {
  members: {
    timeZone: { setting: text(), isNeeded: true, hint: 'Europe/Berlin' },
    currency: { setting: text(), hint: 'EUR' },
    otherwise: { setting: text(), isNeeded: true, namedIn: 'periods' },
    holidays: { setting: text(), isTexts: true, isWide: true, hint: '2026-04-03, 12-25' },
  },
  lists: {
    periods: {
      name: { setting: text(), isNeeded: true, hint: 'off_peak' },
      // Negative prices exist on spot markets.
      pricePerKwh: { setting: optionalNumber({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE }), hint: '0' },
    },
    seasons: {
      name: { setting: text(), isNeeded: true, hint: 'winter' },
      from: { setting: text(), isNeeded: true, hint: '11-01' },
      to: { setting: text(), isNeeded: true, hint: '03-31' },
    },
    rules: {
      period: { setting: text(), isNeeded: true, namedIn: 'periods' },
      season: { setting: text(), namedIn: 'seasons' },
      from: { setting: text(), hint: '00:00' },
      to: { setting: text(), hint: '24:00' },
      days: { setting: choices([], WEEK), isWide: true },
    },
  },
  example: TARIFF_EXAMPLE,
};
