import { CATALOG } from '../../metrics/catalog';
import type { Random } from '../../support/random';
import type { LoadTotals } from './load-profile';

const HOUR_MS = 3_600_000;
const WH_PER_KWH = 1000;

/** The last digit of the display, 0.1 kWh (1420-UM001D p.66 Table 37): one step above the largest value is zero. */
const DISPLAY_STEP = 100;

/** Largest value of each counter, by metric name. */
const ROLLOVER: ReadonlyMap<string, number> = new Map(
  CATALOG.flatMap(({ name, rollover }) => (rollover === undefined ? [] : [[name, rollover]])),
);

/** What a counter shows at the start of a run: a whole number of kWh, kvarh or h between two limits. */
function draw(random: Random, minimum: number, maximum: number): number {
  return Math.floor(minimum + (maximum - minimum) * random());
}

/**
 * Counter readings at the start of a run, by metric name, in catalog units. The totals stand above 1 000 000 kWh, so
 * that both halves of the pairs of assembly 107 are at work; partial counters were reset a while ago.
 */
function drawStartReadings(random: Random): Readonly<Record<string, number>> {
  const importKwh = draw(random, 3_000_000, 9_000_000);
  const reactiveImportKvarh = draw(random, 0.4 * importKwh, 0.6 * importKwh);
  const reactiveExportKvarh = draw(random, 1_000_000, 1_200_000);
  return {
    active_energy_import_total: importKwh * WH_PER_KWH,
    reactive_energy_import_total: reactiveImportKvarh * WH_PER_KWH,
    active_energy_export_total: draw(random, 1_000_000, 1_010_000) * WH_PER_KWH,
    reactive_energy_export_total: reactiveExportKvarh * WH_PER_KWH,
    active_energy_import_partial: draw(random, 50_000, 400_000) * WH_PER_KWH,
    reactive_energy_import_partial: draw(random, 20_000, 200_000) * WH_PER_KWH,
    active_energy_export_partial: draw(random, 0, 500) * WH_PER_KWH,
    reactive_energy_export_partial: draw(random, 5_000, 60_000) * WH_PER_KWH,
    run_hours: draw(random, 8_000, 40_000),
  };
}

/** Where a person has a meter begin, kWh: any number that a counter can show. */
export const START_RANGE = { min: 0, max: 9_999_999_999.9 } as const;

/** The same, with all energy counters at `kwh` where that is given. */
export function startReadings(random: Random, kwh?: number): Readonly<Record<string, number>> {
  const drawn = drawStartReadings(random);
  if (kwh === undefined) return drawn;
  const wattHours = Math.round(kwh * WH_PER_KWH);
  return Object.fromEntries(
    Object.entries(drawn).map(([name, value]) => [name, name === 'run_hours' ? value : wattHours]),
  );
}

/** Counters by metric name, in catalog units, after the energy from `begin` to `now` was added to the start readings. */
export function countersSince(
  startReadings: Readonly<Record<string, number>>,
  begin: LoadTotals,
  now: LoadTotals,
): Record<string, number> {
  const flown: Record<string, number> = {
    active_energy_import: now.activeImportWh - begin.activeImportWh,
    reactive_energy_import: now.reactiveImportVarh - begin.reactiveImportVarh,
    active_energy_export: now.activeExportWh - begin.activeExportWh,
    reactive_energy_export: now.reactiveExportVarh - begin.reactiveExportVarh,
    run_hours: (now.runningMs - begin.runningMs) / HOUR_MS,
  };
  const counters: Record<string, number> = {};
  for (const name in startReadings) {
    const value = (startReadings[name] ?? 0) + (flown[name.replace(/_(total|partial)$/, '')] ?? 0);
    const largest = ROLLOVER.get(name) ?? Number.POSITIVE_INFINITY;
    // Below zero when simulated time was set back past a reset: a counter shows no negative number.
    counters[name] = Math.min(largest, Math.max(0, value) % (largest + DISPLAY_STEP));
  }
  return counters;
}

/** The counters a fault may concern. */
export const COUNTER_CHOICES = ['partial', 'total', 'all'] as const;
export type CounterChoice = (typeof COUNTER_CHOICES)[number];

/** The names of the chosen counters. Run hours go with the totals. */
export function countersOf(choice: CounterChoice, names: readonly string[]): readonly string[] {
  if (choice === 'all') return names;
  return names.filter((name) => name.endsWith('_partial') === (choice === 'partial'));
}

/** Where a counter stands that reaches its limit after `headroom` more; undefined for a counter without a limit. */
export function shortOfRollover(name: string, headroom: number): number | undefined {
  const limit = ROLLOVER.get(name);
  return limit === undefined ? undefined : limit - headroom;
}

/** What a counter shows in place of its value. */
export type CounterView = (name: string, value: number) => number;

/** The nearest value that a counter can show. */
export function withinRange(name: string, value: number): number {
  return Math.min(Math.max(0, value), ROLLOVER.get(name) ?? Number.POSITIVE_INFINITY);
}
