import type { Telemetry } from '../domain/messages/telemetry';
import type { Clock } from '../support/clock';
import type { ConnectionTest } from '../support/connection-test';
import { writePath } from './endpoint';
import { examineDatabase } from './health';
import { LineMapper } from './line-mapper';
import { DEFAULT_MEASUREMENT } from './mapping';
import { convertTimestamps } from './precision';
import type { SenderSettings } from './sender';

/** Clocks that differ by more are told of, ms; the header of an answer counts seconds. */
const CLOCK_TOLERANCE_MS = 5000;
const MS_PER_S = 1000;

/** One reading of a made-up meter. */
function example(timestamp: number): Telemetry {
  const sample = { quality: 'good', provenance: 'verified', timestamp } as const;
  return {
    schema: 'pm500.telemetry/1',
    meter: { name: 'main-incomer', host: '10.0.0.5', tags: { site: 'plant' } },
    timestamp,
    metrics: {
      voltage_l1_n: { ...sample, value: 277.1, unit: 'V' },
      active_power_total: { ...sample, value: 441_300, unit: 'W' },
    },
  };
}

function previewOf({ url, endpoint, precision = 'ms' }: SenderSettings, now: number): readonly string[] {
  const base = new URL(url);
  const path = `${base.pathname.replace(/\/$/, '')}${writePath(endpoint, precision)}`;
  const defaults = { influxMeasurement: DEFAULT_MEASUREMENT, retentionPolicy: '', timestamp: now };
  const { lines } = new LineMapper().map(example(now), defaults);
  return [`POST ${base.origin}${path}`, ...lines.map((line) => convertTimestamps(line, precision))];
}

/** What the clocks say of each other; undefined where the server does not tell its own. */
function clockNote(date: string | undefined, now: number): string | undefined {
  const told = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return undefined;
  const aheadMs = told - now;
  const seconds = Math.round(Math.abs(aheadMs) / MS_PER_S);
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return 'The clocks of the server and of the Node-RED computer agree.';
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  return `The clock of the server is ${seconds} s ${way} that of the Node-RED computer: queries of the last minutes and retention are off by as much; set both by NTP.`;
}

/**
 * Asks a database whether it would take points, by an empty write, which stores nothing: name, port, TLS, credential,
 * rights, bucket or database. Never rejects, but for settings that cannot be used.
 * @throws Pm500Error CONFIG_INVALID for a URL, path or proxy that cannot be used
 */
export async function testDatabase(
  settings: SenderSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const { health, reply } = await examineDatabase(settings, clock, signal);
  const now = clock.now();
  const note = clockNote(reply?.date, now);
  const said = {
    notes: ['An empty write was sent, which stores nothing.', ...(note === undefined ? [] : [note])],
    preview: previewOf(settings, now),
  };
  if (health.healthy) return { isWelcome: true, sentence: `${health.server} answers and takes points.`, ...said };
  const { code, message } = health.error;
  return { isWelcome: false, code, sentence: message, ...said };
}
