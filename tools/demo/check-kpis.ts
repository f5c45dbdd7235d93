import { KPI_ROWS, type KpiRow } from '../../src/domain/kpis/kpi-rows';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { periodMetricOf, type Period } from '../../src/metrics/derived-metrics';
import { filled } from '../../testkit/node-red/reference-flows';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { agree, comparePublished } from './compare';
import type { Report } from './report';
import type { SeenMetric } from './sparkplug-watch';
import type { StoredSamples } from './stored-samples';
import { isDerived } from './telemetry-watch';

/** These wait for the end of a demand window, which may be after the check. */
const NEED_A_WINDOW: readonly string[] = ['demand', 'load_factor'];
const LINE_TO_LINE = ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1'];

export interface KpiEvidence {
  readonly flow: readonly FlowEntry[];
  /** What `influx-out` has acknowledged. */
  readonly queued: readonly Telemetry[];
  readonly published: readonly SeenMetric[];
  /** Absent where there is no database. */
  readonly stored: StoredSamples | undefined;
}

/** The metrics of the KPIs that the flow has switched on, as far as some seconds are enough for them. */
function expectedOf(flow: readonly FlowEntry[]): readonly string[] {
  return flow
    .map(filled)
    .filter(({ type }) => type === 'pm500-normalize')
    .flatMap(({ kpis, periods }) => {
      const rows: readonly KpiRow[] = KPI_ROWS.filter(({ key }) => (kpis as readonly string[]).includes(key));
      return rows
        .filter(({ key }) => !NEED_A_WINDOW.includes(key))
        .flatMap(({ metrics }) => metrics)
        .flatMap((base) =>
          isDerived(base)
            ? [base]
            : (periods as readonly Period[]).map((period) => periodMetricOf(base, period, false)),
        );
    });
}

/** In words: a moment as such, a number with the digits that matter. */
function describe({ value, unit }: Sample): string {
  if (typeof value !== 'number') return String(value);
  return unit === 'ms' ? new Date(value).toISOString().slice(0, 19) : `${Number(value.toPrecision(5))} ${unit}`;
}

/** The unbalance worked out once more, from the voltages of the same reading; by how much which one differs. */
function compareUnbalance(telemetries: readonly Telemetry[]): { compared: number; differences: readonly string[] } {
  const pairs = telemetries.flatMap(({ metrics, timestamp }) => {
    const volts = LINE_TO_LINE.map((name) => metrics[name]?.value);
    const said = metrics['voltage_unbalance']?.value;
    if (typeof said !== 'number' || !volts.every((value) => typeof value === 'number')) return [];
    const mean = volts.reduce((sum, value) => sum + value, 0) / volts.length;
    const worked = (100 * Math.max(...volts.map((value) => Math.abs(value - mean)))) / mean;
    return [{ said, worked, timestamp }];
  });
  const wrong = pairs.filter(({ said, worked }) => !agree(said, worked));
  return {
    compared: pairs.length,
    differences: wrong.map(({ said, worked, timestamp }) => {
      return `${new Date(timestamp).toISOString()} says ${said} %, its voltages say ${worked} %`;
    }),
  };
}

function row(cells: readonly (string | number)[]): string {
  const widths = [32, 24, 32, 10];
  return cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join('');
}

/** The KPIs of the flow have values, and the same in the database and on the broker. */
export function checkKpis(report: Report, { flow, queued, published, stored }: KpiEvidence): void {
  const expected = expectedOf(flow);
  report.expect(expected.length > 0, 'no KPI is switched on in the flow');
  const last = new Map<string, Sample>();
  for (const { metrics } of queued) {
    for (const [name, sample] of Object.entries(metrics)) {
      if (isDerived(name) && sample.value !== null) last.set(name, sample);
    }
  }
  const ofKpis = published.filter(({ name, value }) => isDerived(name) && value !== null);
  const missing: string[] = [];
  report.say(`KPIs      ${row(['', 'value, the last', 'quality', 'database', 'broker'])}`);
  for (const name of new Set([...expected, ...last.keys()])) {
    const sample = last.get(name);
    const inDatabase = stored?.fields.get(name)?.size ?? 0;
    const onBroker = ofKpis.filter((metric) => metric.name === name).length;
    const [value, quality] =
      sample === undefined ? ['none', ''] : [describe(sample), [sample.quality, sample.reason ?? ''].join(' ')];
    report.say(`          ${row([name, value, quality, stored === undefined ? '-' : inDatabase, onBroker])}`);
    if (sample === undefined) missing.push(`${name} has no value`);
    if (stored !== undefined && inDatabase === 0) missing.push(`${name} is not in the database`);
    if (onBroker === 0) missing.push(`${name} is not on the broker`);
  }
  report.expectNone('KPIs', missing);
  const unbalance = compareUnbalance(queued);
  const notes = [`the unbalance follows from its voltages in ${unbalance.compared} readings`];
  report.expect(unbalance.compared > 0, 'no voltage unbalance could be worked out from its voltages');
  report.expectNone('voltage unbalance', unbalance.differences);
  if (stored !== undefined) {
    const until = Math.max(...queued.map(({ timestamp }) => timestamp));
    const agreement = comparePublished(ofKpis, stored.fields, until, queued);
    notes.push(`${agreement.compared} values of broker and database compared, ${agreement.differences.length} differ`);
    report.expect(agreement.compared > 0, 'no KPI to compare between broker and database');
    report.expectNone('KPIs of broker and database differ', agreement.differences);
  }
  report.say(`          ${notes.join('; ')}`);
}
