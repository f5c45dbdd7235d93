import type { Telemetry } from '../domain/messages/telemetry';
import type { Clock } from '../support/clock';
import type { ConnectionTest } from '../support/connection-test';
import { sentences, type Sentence } from '../support/sentence';
import { writePath } from './endpoint';
import { ANY_SERVER, examineDatabase } from './health';
import { LineMapper } from './line-mapper';
import { DEFAULT_MEASUREMENT } from './mapping';
import { convertTimestamps } from './precision';
import type { SenderSettings } from './sender';

/** Clocks that differ by more are told of, ms; the header of an answer counts seconds. */
const CLOCK_TOLERANCE_MS = 5000;
const MS_PER_S = 1000;

export const DATABASE_SENTENCES = sentences('databaseTest', {
  welcome: '{server} answers and takes points.',
  emptyWrite: 'An empty write was sent, which stores nothing.',
  clocksAgree: 'The clocks of the server and of the Node-RED computer agree.',
  ahead:
    'The clock of the server is {seconds} s ahead of that of the Node-RED computer: queries of the last minutes and retention are off by as much; set both by NTP.',
  behind:
    'The clock of the server is {seconds} s behind that of the Node-RED computer: queries of the last minutes and retention are off by as much; set both by NTP.',
});

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
function clockNote(date: string | undefined, now: number): Sentence | undefined {
  const told = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return undefined;
  const aheadMs = told - now;
  const seconds = Math.round(Math.abs(aheadMs) / MS_PER_S);
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return DATABASE_SENTENCES.say('clocksAgree');
  return DATABASE_SENTENCES.say(aheadMs > 0 ? 'ahead' : 'behind', { seconds });
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
    notes: [DATABASE_SENTENCES.say('emptyWrite'), ...(note === undefined ? [] : [note])],
    preview: previewOf(settings, now),
  };
  if (health.healthy) {
    const server = health.server === ANY_SERVER.text ? ANY_SERVER : health.server;
    const sentence = DATABASE_SENTENCES.say('welcome', { server });
    return { isWelcome: true, sentence, ...said };
  }
  const { code, sentence } = health.error;
  return { isWelcome: false, code, sentence, ...said };
}
