/** Label values by name. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a metric family. */
export interface PrometheusSample {
  readonly labels: Labels;
  readonly value: number;
  /** What a histogram adds to the name of its family. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** What stands under one name in the Prometheus text format (version 0.0.4). */
export interface MetricFamily {
  /** Letters, digits and underscores; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly PrometheusSample[];
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

/** Label names may hold less than tag names do. */
const labelName = (name: string): string => name.replaceAll(/\W/g, '_').replace(/^(?=\d)/, '_');

function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function formatSample(name: string, { labels, value, suffix }: PrometheusSample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${labelName(label)}="${escapeLabel(text)}"`);
  return `${name}${suffix ?? ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${formatValue(value)}\n`;
}

/**
 * The families as a Prometheus server reads them. Families of one name, from several sources, become one: the format
 * allows a name only once.
 */
export function renderMetrics(families: readonly MetricFamily[]): string {
  const byName = new Map<string, MetricFamily[]>();
  for (const family of families) byName.set(family.name, [...(byName.get(family.name) ?? []), family]);
  return [...byName.values()]
    .flatMap((parts) => {
      const [first] = parts;
      const samples = parts.flatMap((part) => part.samples);
      if (first === undefined || samples.length === 0) return [];
      const { name, help, type } = first;
      return [
        `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`,
        ...samples.map((sample) => formatSample(name, sample)),
      ];
    })
    .join('');
}
