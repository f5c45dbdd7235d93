import { kilowattHours } from '../domain/kpis/formulas';
import { TariffClock } from '../domain/tariff/tariff-clock';
import type { Tariff } from '../domain/tariff/tariff';
import { QUARTER_MS, type LoadQuarter } from './load-profile';
import { HOUR_MS } from './period';

/** Energy and cost of one price level. */
export interface TariffCost {
  readonly name: string;
  readonly pricePerKwh: number;
  readonly importKwh: number;
  /** Part of it that was spread over gaps: at what time it was used, and so at what price, nobody knows. */
  readonly estimatedKwh: number;
  readonly cost: number;
}

/** Rules of the tariff for different price levels that fit the same time; the first of them decides. */
export interface TariffOverlap {
  readonly names: readonly string[];
  /** When it is so for the first time in the period. */
  readonly firstMs: number;
  readonly hours: number;
}

export interface TariffFigures {
  readonly currency: string;
  readonly levels: readonly TariffCost[];
  readonly cost: number;
}

/** The energy of each price level. That of a quarter in which the price changes is shared by time. */
export function tariffFigures(tariff: Tariff, quarters: readonly LoadQuarter[]): TariffFigures {
  const clock = new TariffClock(tariff);
  const sums = new Map(tariff.periods.map(({ name }) => [name, { all: 0, estimated: 0 }]));
  for (const { startMs, activeImport, state } of quarters) {
    const endMs = startMs + QUARTER_MS;
    for (let at = startMs; at < endMs;) {
      const { name, untilMs } = clock.at(at);
      const next = Math.min(untilMs, endMs);
      const part = (activeImport * (next - at)) / QUARTER_MS;
      const sum = sums.get(name);
      if (sum !== undefined) {
        sum.all += part;
        if (state === 'estimated') sum.estimated += part;
      }
      at = next;
    }
  }
  const levels = tariff.periods.map(({ name, pricePerKwh }): TariffCost => {
    const { all = 0, estimated = 0 } = sums.get(name) ?? {};
    const importKwh = kilowattHours(all);
    return { name, pricePerKwh, importKwh, estimatedKwh: kilowattHours(estimated), cost: importKwh * pricePerKwh };
  });
  return { currency: tariff.currency, levels, cost: levels.reduce((sum, { cost }) => sum + cost, 0) };
}

/** Where rules of a tariff overlap within a time, by which price levels. */
export function tariffOverlaps(tariff: Tariff, fromMs: number, toMs: number): readonly TariffOverlap[] {
  const clock = new TariffClock(tariff);
  const found = new Map<string, TariffOverlap>();
  for (let at = fromMs; at < toMs;) {
    const untilMs = Math.min(clock.at(at).untilMs, toMs);
    const names = clock.fitting(at);
    if (names.length > 1) {
      const key = names.join(' ');
      const { firstMs = at, hours = 0 } = found.get(key) ?? {};
      found.set(key, { names, firstMs, hours: hours + (untilMs - at) / HOUR_MS });
    }
    at = untilMs;
  }
  return [...found.values()];
}
