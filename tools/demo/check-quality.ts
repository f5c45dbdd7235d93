import { QUALITIES } from '../../src/domain/quality/quality';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import type { Provocation } from './provoke';
import { clockTime, type Report } from './report';
import type { SeenMetric } from './sparkplug-watch';
import type { BadCounts, StoredSamples } from './stored-samples';
import { isDerived } from './telemetry-watch';

/** What the meter's overload pattern makes of a value. */
const REASON = 'overload';

export interface QualityEvidence {
  readonly telemetries: readonly Telemetry[];
  readonly overload: Provocation;
  readonly published: readonly SeenMetric[];
  /** Absent where there is no database. */
  readonly stored: StoredSamples | undefined;
}

const standing = ({ quality, reason }: Sample): string => (reason === undefined ? quality : `${quality} (${reason})`);

/** How many samples have which quality, with reasons, in words. */
function describeQualities(telemetries: readonly Telemetry[]): string {
  const samples = telemetries.flatMap(({ metrics }) => Object.values(metrics));
  return QUALITIES.map((quality) => {
    const some = samples.filter((sample) => sample.quality === quality);
    const reasons = new Map<string, number>();
    for (const { reason } of some) if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const list = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
    return `${some.length} ${quality}${list === '' ? '' : ` (${list})`}`;
  }).join(', ');
}

/** The samples of a metric in the order of time. */
function samplesOf(telemetries: readonly Telemetry[], name: string): readonly Sample[] {
  return telemetries
    .flatMap(({ metrics }) => metrics[name] ?? [])
    .sort((left, right) => left.timestamp - right.timestamp);
}

function sumBetween(counts: BadCounts, { pressedAt, overAt }: Provocation): number {
  const within = [...counts].filter(([timestamp]) => timestamp >= pressedAt && timestamp <= overAt);
  return within.reduce((sum, [, reasons]) => sum + (reasons[REASON] ?? 0), 0);
}

/** Whether a host saw this metric without a value and with the reason, and later with one. */
function wasShownBad(seen: readonly SeenMetric[], name: string, { pressedAt, overAt }: Provocation): boolean {
  const line = seen.filter((metric) => metric.name === name && metric.timestamp >= pressedAt);
  const bad = line.findIndex(({ value, quality, reason, timestamp }) => {
    return value === null && quality === 0 && reason === REASON && timestamp <= overAt;
  });
  return bad >= 0 && line.slice(bad).some(({ value }) => value !== null);
}

/** Under a fault values turn bad, say why, and have no value anywhere; after it they are as they were before. */
export function checkQuality(report: Report, { telemetries, overload, published, stored }: QualityEvidence): void {
  const { button, pressedAt, overAt } = overload;
  report.say(`quality   ${describeQualities(telemetries)}`);
  const isUnder = ({ timestamp, reason }: Sample): boolean =>
    reason === REASON && timestamp >= pressedAt && timestamp <= overAt;
  const names = [...new Set(telemetries.flatMap(({ metrics }) => Object.keys(metrics)))];
  const affected = names.filter((name) => samplesOf(telemetries, name).some(isUnder));
  const [kpis, values] = [affected.filter(isDerived), affected.filter((name) => !isDerived(name))];
  report.expect(values.length > 0, `no value turned bad after the button "${button}"`);
  report.expect(kpis.length > 0, `no KPI turned bad with its values after the button "${button}"`);
  if (affected.length === 0) return;

  const changes = affected.map((name) => {
    const samples = samplesOf(telemetries, name);
    const [first, last] = [samples.findIndex(isUnder), samples.findLastIndex(isUnder)];
    return { name, before: samples[first - 1], bad: samples[first], after: samples[last + 1] };
  });
  const [change] = changes;
  const at = (sample: Sample | undefined): string => (sample === undefined ? '-' : clockTime(sample.timestamp));
  const standings = [...new Set(changes.map(({ before }) => (before === undefined ? '-' : standing(before))))];
  report.say(
    `          "${button}": ${at(change?.bad)} ${values.length} values and ${kpis.length} KPIs turned bad (${REASON}), ${at(change?.after)} all were ${standings.join(' or ')} again`,
  );
  report.expectNone(
    `not as before the button "${button}"`,
    changes.flatMap(({ name, before, after }) => {
      const [then, now] = [before, after].map((sample) => (sample === undefined ? 'unknown' : standing(sample)));
      return then === now && before !== undefined ? [] : [`${name} was ${then ?? ''} and is ${now ?? ''}`];
    }),
  );
  const unseen = affected.filter((name) => !wasShownBad(published, name, overload));
  report.say(
    `          broker: ${affected.length - unseen.length} of these null with quality 0 and the reason, then with values`,
  );
  report.expectNone('not shown as bad on the broker, or not again with values', unseen);
  if (stored === undefined) return;
  const [read, derived] = [sumBetween(stored.bad.read, overload), sumBetween(stored.bad.derived, overload)];
  report.say(`          database: no value, bad_${REASON} counts ${read} values and ${derived} KPIs`);
  report.expect(read > 0, `the database counts no values as bad_${REASON} after the button "${button}"`);
  report.expect(derived > 0, `the database counts no KPIs as bad_${REASON} after the button "${button}"`);
}
