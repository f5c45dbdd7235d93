import type { Telemetry } from '../../src/domain/messages/telemetry';
import { waitFor } from '../../testkit/wait';
import { compareStored, type Comparison } from './compare';
import type { Ordeal } from './ordeal';
import { compareReplayed } from './replay';
import { clockTime, type Report } from './report';
import type { SparkplugWatch } from './sparkplug-watch';
import type { StoredSamples } from './stored-samples';

const HISTORY_MS = 30_000;

interface Phase {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

function phasesOf({ awayAt, killedAt, backAt, hasStoppedDatabase }: Ordeal): readonly Phase[] {
  const away = hasStoppedDatabase ? 'database and broker' : 'broker';
  return [
    { label: 'before', from: 0, to: awayAt },
    { label: `${away} away`, from: awayAt, to: killedAt },
    { label: 'away, Node-RED restarted', from: killedAt, to: backAt },
    { label: 'all back', from: backAt, to: Infinity },
  ];
}

const within = ({ from, to }: Phase, timestamp: number): boolean => timestamp >= from && timestamp < to;

/** What was done to the demo, in one line. */
export function describeOrdeal({ awayAt, killedAt, restartedAt, backAt, hasStoppedDatabase }: Ordeal): string {
  const [stopped, back] = hasStoppedDatabase
    ? ['database stopped and broker cut off', 'both back']
    : ['broker cut off', 'broker back'];
  return `ordeal    ${clockTime(awayAt)} ${stopped}, ${clockTime(killedAt)} Node-RED killed, ${clockTime(restartedAt)} started again, ${clockTime(backAt)} ${back}`;
}

export interface LossEvidence {
  readonly ordeal: Ordeal;
  /** What `influx-out` and `sparkplug-out` acknowledged. */
  readonly queued: readonly Telemetry[];
  readonly published: readonly Telemetry[];
  /** Absent where there is no database. */
  readonly stored: StoredSamples | undefined;
  readonly watch: SparkplugWatch;
}

function row(cells: readonly (string | number)[]): string {
  const widths = [28, 10, 9, 12, 10, 13];
  return cells
    .map((cell, index) =>
      index === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[index] ?? 0),
    )
    .join('');
}

/** Every acknowledged reading is in the database exactly once, and a host had every value of it, in time or as history. */
export async function checkLoss(report: Report, evidence: LossEvidence): Promise<void> {
  const { ordeal, queued, published, stored, watch } = evidence;
  const replayed = (): Comparison => compareReplayed(published, watch.metrics);
  await waitFor('the history on the broker', () => replayed().differences.length === 0, {
    timeoutMs: HISTORY_MS,
    everyMs: 500,
  }).catch(() => undefined);
  report.say(`          ${row(['', '', '', 'missing in', 'twice', 'missing on'])}`);
  report.say(`zero loss ${row(['acknowledged readings taken', 'readings', 'values', 'database', 'there', 'broker'])}`);
  for (const phase of phasesOf(ordeal)) {
    const ofPhase = (all: readonly Telemetry[]): readonly Telemetry[] =>
      all.filter(({ timestamp }) => within(phase, timestamp));
    const values = ofPhase(queued).reduce((sum, { metrics }) => sum + Object.keys(metrics).length, 0);
    const missing = stored && compareStored(ofPhase(queued), stored).differences.length;
    const twice = stored?.repeated.filter(({ timestamp }) => within(phase, timestamp)).length;
    const onBroker = compareReplayed(ofPhase(published), watch.metrics).differences.length;
    report.say(
      `          ${row([phase.label, ofPhase(queued).length, values, missing ?? '-', twice ?? '-', onBroker])}`,
    );
    report.expect(ofPhase(queued).length > 0, `no reading was acknowledged in the phase "${phase.label}"`);
  }
  report.expectNone(
    'twice in the database',
    (stored?.repeated ?? []).map(({ field, timestamp }) => `${field} at ${new Date(timestamp).toISOString()}`),
  );
  report.expectNone('lost on the way to the broker', replayed().differences);
  const history = watch.metrics.filter(({ isHistorical }) => isHistorical);
  const early = history.filter(({ timestamp }) => timestamp >= ordeal.awayAt && timestamp <= ordeal.backAt);
  report.say(
    `          ${history.length} values came as historical after the births, ${early.length} of them from the outage`,
  );
  report.expect(early.length > 0, 'no value of the outage came as historical');
}
