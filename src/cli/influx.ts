import { SUMMARY_TIERS } from '../influx/tiers/plan';
import { rollUp, type RolledUp } from '../influx/tiers/rollup';
import { sourcesOf, valueSourcesOf } from '../influx/tiers/sources';
import { tiersStatus, type TiersStatus } from '../influx/tiers/tier-status';
import type { Zone } from '../domain/tariff/zone';
import { describeValue } from '../support/expect';
import { chooseInflux, INFLUX_ROWS } from './influx-options';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { alignColumns } from './table';
import { EXIT, type Terminal } from './terminal';

const TIER_NAMES = SUMMARY_TIERS.map(({ name }) => name);
const ROLLUP_ROWS: readonly OptionRow[] = [
  { name: 'days', value: 'N', help: 'from the beginning of the day so many days ago on (1: yesterday and today)' },
  {
    name: 'from',
    value: 'TIME',
    help: 'from here on, in place of --days: 2026-03-29, 2026-03-29T10:30, or with a Z for UTC',
  },
  { name: 'to', value: 'TIME', help: 'to here (now)' },
  { name: 'tier', value: 'NAME', multiple: true, help: `this tier alone: ${TIER_NAMES.join(', ')} (all)` },
  { name: 'quiet', help: 'say only what went wrong' },
];
const STATUS_ROWS: readonly OptionRow[] = [
  { name: 'json', help: 'one line of JSON' },
  { name: 'prometheus', help: 'metrics in Prometheus text format, for a textfile collector' },
];
const ROWS = [...INFLUX_ROWS, ...ROLLUP_ROWS, ...STATUS_ROWS, HELP_OPTION];

export const INFLUX_HELP = `pm500 influx: the tiers of an InfluxDB that deploy/influxdb has set up

Usage: pm500 influx rollup [options]   make them again for a time, in InfluxDB 1; it may run twice
       pm500 influx status [options]   say how far they have come, in InfluxDB 1 or 2; ends with 1 when one is behind

Continuous queries of InfluxDB 1 keep minutes and quarters of an hour. rollup makes days and months of the site, and gets into every tier
what came later than the continuous queries look back: run it each night, and after a long outage with --from.

Both:
${describeOptions([...INFLUX_ROWS, HELP_OPTION])}
rollup:
${describeOptions(ROLLUP_ROWS)}
status:
${describeOptions(STATUS_ROWS)}`;

const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?$/;
const ABSOLUTE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** A time as a person writes it: by the clocks of the site, or with its zone. */
function parseTime(option: string, text: string, zone: Zone): number {
  const found: readonly (string | undefined)[] | undefined = LOCAL_TIME.exec(text)?.slice(1);
  const parts = found?.map((part) => Number(part ?? 0));
  if (parts !== undefined) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
    const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
    // The 31st of April would be the 1st of May.
    if (local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60)
      return zone.timeOf(local.getTime());
  }
  const absolute = ABSOLUTE_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(absolute)) return absolute;
  return failUsage(`Option --${option} is ${describeValue(text)}; give a time such as 2026-03-29 or 2026-03-29T10:30.`);
}

function rangeOf(options: Options, zone: Zone, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const days = options.number('days', { min: 0, max: 36_500, whole: true });
  const from = options.text('from');
  if (days !== undefined && from !== undefined) failUsage('Options --days and --from say the same; give one of them.');
  const to = options.text('to');
  const toMs = to === undefined ? nowMs : Math.min(parseTime('to', to, zone), nowMs);
  const fromMs = from === undefined ? daysBefore(zone, nowMs, days ?? 1) : parseTime('from', from, zone);
  if (fromMs >= toMs)
    failUsage('The time to sum up ends before it begins; give a --from in the past and a later --to.');
  return { fromMs, toMs };
}

/** The beginning of the day so many days before that of a time. */
function daysBefore(zone: Zone, timeMs: number, days: number): number {
  const local = new Date(zone.localOf(timeMs));
  return zone.timeOf(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() - days));
}

const shown = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z');

async function rollup(options: Options, terminal: Terminal, nowMs: number): Promise<number> {
  const { server, database, influxMeasurement, zone } = chooseInflux(options, process.env, terminal);
  const names = options.texts('tier');
  const unknown = names.find((name) => !TIER_NAMES.includes(name));
  if (unknown !== undefined)
    failUsage(`Option --tier is ${describeValue(unknown)}; choose of ${TIER_NAMES.join(', ')}.`);
  const tiers = SUMMARY_TIERS.filter(({ name }) => names.length === 0 || names.includes(name));
  const sources = sourcesOf(influxMeasurement);
  const request = { database, sources, zone, tiers, nowMs, ...rangeOf(options, zone, nowMs) };
  const made = new Map<string, { readonly written: number; readonly first: RolledUp; readonly last: RolledUp }>();
  for await (const part of rollUp(server, request)) {
    const before = made.get(part.tier);
    const written = (before?.written ?? 0) + part.written;
    made.set(part.tier, { written, first: before?.first ?? part, last: part });
  }
  if (options.has('quiet')) return EXIT.success;
  const rows = tiers.map(({ name }) => {
    const { written = 0, first, last } = made.get(name) ?? {};
    const range = first === undefined || last === undefined ? ['-', '-'] : [shown(first.fromMs), shown(last.toMs)];
    return [name, ...range, String(written)];
  });
  terminal.print(alignColumns([['TIER', 'FROM', 'TO', 'POINTS'], ...rows], 3));
  return EXIT.success;
}

function prometheusOf({ newestMs, tiers }: TiersStatus): string {
  const lines = tiers.flatMap(({ tier, untilMs, behindMs, isBehind }) => [
    ...(untilMs === undefined ? [] : [`pm500_tier_until_seconds{tier="${tier}"} ${untilMs / 1000}`]),
    `pm500_tier_behind_seconds{tier="${tier}"} ${behindMs / 1000}`,
    `pm500_tier_is_behind{tier="${tier}"} ${isBehind ? 1 : 0}`,
  ]);
  const newest = newestMs === undefined ? [] : [`pm500_raw_newest_seconds ${newestMs / 1000}`];
  return `${[...newest, ...lines].sort().join('\n')}\n`;
}

function tableOf({ newestMs, tiers }: TiersStatus): string {
  const time = (ms: number | undefined): string => (ms === undefined ? '-' : shown(ms));
  return alignColumns([
    ['TIER', 'UNTIL', 'BEHIND', ''],
    ['raw', time(newestMs), '', ''],
    ...tiers.map(({ tier, untilMs, behindMs, isBehind }) => [
      tier,
      time(untilMs),
      `${Math.round(behindMs / 60_000)} min`,
      isBehind ? 'behind' : 'ok',
    ]),
  ]);
}

async function status(options: Options, terminal: Terminal): Promise<number> {
  const { server, database, influxMeasurement, zone } = chooseInflux(options, process.env, terminal, true);
  // Alarms come when they will: their tiers are not behind.
  const found = await tiersStatus(server, database, valueSourcesOf(influxMeasurement), zone);
  const text = options.has('json')
    ? `${JSON.stringify(found)}\n`
    : options.has('prometheus')
      ? prometheusOf(found)
      : tableOf(found);
  terminal.print(text);
  const behind = found.tiers.filter(({ isBehind }) => isBehind).map(({ tier }) => tier);
  const { missingQueries } = found;
  if (missingQueries.length > 0) {
    terminal.complain(
      `Continuous queries are missing (${missingQueries.join(', ')}); run deploy/influxdb/bootstrap-v1.sh.`,
    );
  }
  if (behind.length > 0) {
    const advice =
      found.madeBy === 'queries'
        ? 'run pm500 influx rollup, and see why they were not made'
        : 'run bootstrap-v2.sh for tasks that are missing, and see why the others failed (influx task run list)';
    terminal.complain(`Tiers are behind (${behind.join(', ')}); ${advice}.`);
  }
  return behind.length + missingQueries.length > 0 ? EXIT.failure : EXIT.success;
}

/**
 * `pm500 influx`: makes tiers again, or says how far they have come.
 * @param now epoch milliseconds UTC
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options, or what the database says
 */
export async function runInflux(
  args: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<number> {
  const options = Options.parse('pm500 influx', ROWS, args);
  if (options.has('help')) {
    terminal.print(INFLUX_HELP);
    return EXIT.success;
  }
  const [action, ...more] = options.positionals;
  const [rows, run] = action === 'status' ? [ROLLUP_ROWS, status] : [STATUS_ROWS, rollup];
  if ((action !== 'status' && action !== 'rollup') || more.length > 0) {
    failUsage('Say what to do: pm500 influx rollup or pm500 influx status; see pm500 influx --help.');
  }
  const foreign = rows.find(({ name }) => options.has(name));
  if (foreign !== undefined)
    failUsage(`Option --${foreign.name} means nothing to pm500 influx ${action}; leave it out.`);
  return run(options, terminal, now());
}
