/** Days that a rule can be for. A holiday is no weekday: it takes rules for `holiday` and rules for every day only. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'holiday'] as const;
export type Day = (typeof DAYS)[number];

/** One price level, and the name that its metrics carry. */
export interface TariffPeriod {
  /** Lower snake case. */
  readonly name: string;
  /** Of 1 kWh of active import, in the currency of the tariff. */
  readonly pricePerKwh: number;
}

/** Days of the year, both included; may go over the turn of the year. As `month x 100 + day`. */
export interface Season {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** When a price level holds. The first rule that fits decides. */
export interface TariffRule {
  readonly period: string;
  /** Every season where absent. */
  readonly season?: string;
  /** Every day, holidays too, where absent. */
  readonly days?: readonly Day[];
  /** Minutes after midnight of the local clock; `from` belongs to the rule, `to` does not; may go over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** When energy costs what. Read from JSON by `parseTariff`; docs/kpis.md shows one. */
export interface Tariff {
  /** IANA name. */
  readonly timeZone: string;
  /** For people, for instance EUR. */
  readonly currency: string;
  readonly periods: readonly TariffPeriod[];
  /** The period of all times that no rule fits. */
  readonly otherwise: string;
  readonly seasons: readonly Season[];
  readonly rules: readonly TariffRule[];
  /** `YYYY-MM-DD` for one day, `MM-DD` for every year. */
  readonly holidays: readonly string[];
}
