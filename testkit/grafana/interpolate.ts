import type { VariableModel } from '@grafana/schema';
import type { PanelQuery } from './panels';

/** What a person has chosen: by variable, one or more values; `$__all` for everything. */
export type Choices = Readonly<Record<string, string | readonly string[]>>;

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const ALL = '$__all';
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** As many points as a panel has pixels, about. */
const POINTS = 1000;
/** What Grafana rounds the length of a window to, so many milliseconds. */
const STEPS = [
  1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/** `13M` before a time by the calendar, `35d` by as many milliseconds. */
function before(timeMs: number, span: string): number {
  const [, count = '0', unit = 'd'] = /^(\d+)([smhdMy])$/.exec(span) ?? [];
  const time = new Date(timeMs);
  if (unit === 'M') return time.setUTCMonth(time.getUTCMonth() - Number(count));
  if (unit === 'y') return time.setUTCFullYear(time.getUTCFullYear() - Number(count));
  return timeMs - Number(count) * (UNITS[unit] ?? 0);
}

/** The time that a panel looks at when its dashboard is opened at some moment. */
export function windowOf({ dashboard, panel }: Pick<PanelQuery, 'dashboard' | 'panel'>, nowMs: number): TimeWindow {
  const since = panel.timeFrom ?? (dashboard.time?.from ?? '').replace('now-', '');
  const window = { fromMs: before(nowMs, since), toMs: nowMs };
  const { timeShift } = panel;
  if (timeShift === undefined) return window;
  return { fromMs: before(window.fromMs, timeShift), toMs: before(window.toMs, timeShift) };
}

/** Milliseconds of `$__interval`: as many windows as there are points, and none shorter than the panel says. */
function intervalMsOf({ panel }: Pick<PanelQuery, 'panel'>, { fromMs, toMs }: TimeWindow): number {
  const least = /^(\d+)([smhd])$/.exec(panel.interval ?? '1s');
  const leastMs = Number(least?.[1] ?? 1) * (UNITS[least?.[2] ?? 's'] ?? 1000);
  const wanted = (toMs - fromMs) / POINTS;
  return Math.max(leastMs, STEPS.findLast((step) => step <= wanted) ?? 1000);
}

/** As Grafana escapes a value for a regular expression between slashes. */
const escape = (value: string): string => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

function valueOf(variable: VariableModel, choices: Choices, isRegex: boolean): string {
  const chosen = choices[variable.name] ?? variable.current?.value ?? '';
  // The value for everything stands as it is written, whatever the format.
  if (chosen === ALL) return variable.allValue ?? '';
  const values = typeof chosen === 'string' ? [chosen] : chosen;
  const texts = isRegex ? values.map((value) => escape(value)) : values;
  return texts.length === 1 ? (texts[0] ?? '') : `(${texts.join('|')})`;
}

/**
 * The query as Grafana sends it, when the dashboard is opened.
 * @throws Error for a variable that the dashboard lacks
 */
export function interpolate(query: PanelQuery, choices: Choices, nowMs: number): string {
  const { dashboard, text, language } = query;
  const window = windowOf(query, nowMs);
  const intervalS = intervalMsOf(query, window) / 1000;
  const macros: Readonly<Record<string, string>> = {
    timeFilter: `time >= ${window.fromMs}ms and time <= ${window.toMs}ms`,
    __interval: `${intervalS}s`,
    // Four scrapes at least, as Grafana has it.
    __rate_interval: `${Math.max(intervalS + 15, 60)}s`,
  };
  const variables = dashboard.templating?.list ?? [];
  return text.replaceAll(
    /\$(?:\{(\w+)(?::(\w+))?\}|(\w+))/g,
    (whole, braced?: string, format?: string, bare?: string) => {
      const name = braced ?? bare ?? '';
      const macro = macros[name];
      if (macro !== undefined) return macro;
      // The end of a regular expression is no variable.
      const variable = variables.find((each) => each.name === name);
      if (variable === undefined) throw new Error(`${String(dashboard.title)} has no variable ${whole}.`);
      return valueOf(variable, choices, format === 'regex' || language === 'promql');
    },
  );
}
