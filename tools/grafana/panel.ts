import type { DataSourceRef, Panel } from '@grafana/schema';
import { docsLink } from './docs-link';
import { INFLUX_VARIABLE, METRICS_VARIABLE, MIXED_DATASOURCE } from './names';
import { grafanaUnit, type PanelUnit } from './units';

const influxSource: DataSourceRef = { type: 'influxdb', uid: `\${${INFLUX_VARIABLE}}` };
const metricsSource: DataSourceRef = { type: 'prometheus', uid: `\${${METRICS_VARIABLE}}` };
/** What Grafana calls a panel whose queries name a data source each. */
const mixedSources: DataSourceRef = { type: 'datasource', uid: MIXED_DATASOURCE };

/** Kinds of panels that are used; each is part of Grafana itself. */
export type PanelKind = 'timeseries' | 'stat' | 'table' | 'bargauge' | 'barchart';

/** A document of the package, with the heading that a panel points to. */
export type DocsPage = `${string}.md` | `${string}.md#${string}`;

/** One column of a table, or one series, that has a unit or a name of its own. */
export interface FieldOverride {
  readonly field: string;
  readonly unit?: PanelUnit;
  readonly as?: string;
  /** What stands for a number. */
  readonly texts?: Readonly<Record<number, string>>;
}

/** What is drawn; all of it must be given, so that no panel is without a unit, a description or a document. */
export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  readonly kind: PanelKind;
  readonly unit: PanelUnit;
  /** What is shown where there is nothing; says why that can be. */
  readonly noData: string;
  readonly docs: DocsPage;
  /** InfluxQL or PromQL; with several each may name its series. */
  readonly queries: readonly Query[];
  /** Of 24. */
  readonly width: number;
  readonly height?: number;
  /** Windows are never shorter than those of the tier. */
  readonly atLeast?: string;
  /** Bars rather than a line, piled up or side by side. */
  readonly bars?: 'stacked' | 'plain';
  readonly stacked?: boolean;
  readonly decimals?: number;
  readonly overrides?: readonly FieldOverride[];
  /** Rows that are of the whole time: what stands as their time is its beginning, which says nothing. */
  readonly isTimeless?: boolean;
  /** The column of a table by which its rows are sorted, the greatest first. */
  readonly newestFirst?: string;
  /** Shortens the names of series. */
  readonly rename?: { readonly regex: string; readonly renamePattern: string };
  /** Another time than that of the dashboard: `1M`, or `1y` before it. */
  readonly timeFrom?: string;
  readonly timeShift?: string;
}

export interface Query {
  readonly language: 'influxql' | 'promql';
  readonly text: string;
  /** `$tag_meter` and the like; `{{meter}}` in PromQL. */
  readonly alias?: string;
  /** Rows rather than series. */
  readonly asTable?: boolean;
  /** Only the value of now. */
  readonly isInstant?: boolean;
  /** A line, also in a panel of bars. */
  readonly asLine?: boolean;
}

export const influxQl = (text: string, alias = '$tag_meter'): Query => ({ language: 'influxql', text, alias });
export const influxTable = (text: string): Query => ({ language: 'influxql', text, asTable: true });
export const promQl = (text: string, alias: string): Query => ({ language: 'promql', text, alias });
export const promNow = (text: string, alias: string): Query => ({ language: 'promql', text, alias, isInstant: true });

const REF_IDS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function targetOf(
  { language, text, alias, asTable = false, isInstant = false }: Query,
  place: number,
): Record<string, unknown> {
  const refId = REF_IDS[place] ?? '';
  if (language === 'promql') {
    const legend = { legendFormat: alias ?? '', format: 'time_series' };
    return { refId, datasource: metricsSource, expr: text, ...legend, instant: isInstant, range: !isInstant };
  }
  const format = asTable ? { resultFormat: 'table' } : { resultFormat: 'time_series', alias };
  return { refId, datasource: influxSource, query: text, rawQuery: true, ...format };
}

function overrideOf({ field, unit, as, texts }: FieldOverride): {
  matcher: { id: string; options: string };
  properties: { id: string; value: unknown }[];
} {
  const results = Object.fromEntries(
    Object.entries(texts ?? {}).map(([value, text], index) => [value, { text, index }]),
  );
  return {
    matcher: { id: 'byName', options: field },
    properties: [
      ...(unit === undefined ? [] : [{ id: 'unit', value: grafanaUnit(unit) }]),
      ...(as === undefined ? [] : [{ id: 'displayName', value: as }]),
      ...(texts === undefined ? [] : [{ id: 'mappings', value: [{ type: 'value', options: results }] }]),
    ],
  };
}

/** Series of a query that are a line among bars. */
function linesOf(queries: readonly Query[]): ReturnType<typeof overrideOf>[] {
  return queries.flatMap(({ asLine = false }, place) =>
    asLine
      ? [
          {
            matcher: { id: 'byFrameRefID', options: REF_IDS[place] ?? '' },
            properties: [
              { id: 'custom.drawStyle', value: 'line' },
              { id: 'custom.fillOpacity', value: 0 },
            ],
          },
        ]
      : [],
  );
}

function sourceOf(queries: readonly Query[]): DataSourceRef {
  const languages = new Set(queries.map(({ language }) => language));
  if (languages.size > 1) return mixedSources;
  return languages.has('promql') ? metricsSource : influxSource;
}

/**
 * A line over a gap would say that something was measured in it. Values that are reported by exception come at least every
 * five minutes.
 */
const LONGEST_SILENCE_MS = 360_000;

const STACKING = { mode: 'normal', group: 'A' };

function customOf({ kind, bars, stacked = false }: PanelSpec): Record<string, unknown> {
  if (kind !== 'timeseries') return {};
  const isStacked = stacked || bars === 'stacked';
  const drawn = bars === undefined ? { drawStyle: 'line', lineWidth: 1 } : { drawStyle: 'bars', fillOpacity: 80 };
  return { ...drawn, spanNulls: LONGEST_SILENCE_MS, showPoints: 'auto', ...(isStacked ? { stacking: STACKING } : {}) };
}

const REDUCED = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } };
const OPTIONS: Readonly<Record<PanelKind, Record<string, unknown>>> = {
  timeseries: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi' } },
  stat: { ...REDUCED, textMode: 'value_and_name', colorMode: 'none', graphMode: 'none' },
  table: { showHeader: true },
  bargauge: { ...REDUCED, orientation: 'vertical', displayMode: 'basic' },
  barchart: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, stacking: 'none' },
};

function transformationsOf({
  queries,
  isTimeless = false,
  newestFirst,
  rename,
}: PanelSpec): { id: string; options: object }[] {
  const tables = queries.filter(({ asTable = false }) => asTable);
  return [
    // Before rows are merged: of two that say the same, at whatever time, one is left.
    ...(isTimeless ? [{ id: 'filterFieldsByName', options: { exclude: { names: ['Time'] } } }] : []),
    ...(tables.length > 1 ? [{ id: 'merge', options: {} }] : []),
    ...(newestFirst === undefined
      ? []
      : [{ id: 'sortBy', options: { fields: {}, sort: [{ field: newestFirst, desc: true }] } }]),
    ...(rename === undefined ? [] : [{ id: 'renameByRegex', options: rename }]),
  ];
}

/** A panel for Grafana 10 and later, without an id and a place. */
export function panelOf(spec: PanelSpec): Panel {
  const { title, description, kind, unit, noData, docs, queries, atLeast, decimals, overrides = [] } = spec;
  const { timeFrom, timeShift } = spec;
  return {
    type: kind,
    title,
    description,
    datasource: sourceOf(queries),
    targets: queries.map((query, place) => targetOf(query, place)),
    fieldConfig: {
      defaults: {
        unit: grafanaUnit(unit),
        noValue: noData,
        ...(decimals === undefined ? {} : { decimals }),
        custom: customOf(spec),
      },
      overrides: [...overrides.map((override) => overrideOf(override)), ...linesOf(queries)],
    },
    options: OPTIONS[kind],
    links: [docsLink('What it means', docs)],
    ...(atLeast === undefined ? {} : { interval: atLeast }),
    ...(timeFrom === undefined ? {} : { timeFrom }),
    ...(timeShift === undefined ? {} : { timeShift }),
    transformations: transformationsOf(spec),
  };
}
