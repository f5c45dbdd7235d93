import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseTariff } from '../domain/tariff/parse-tariff';
import type { Tariff } from '../domain/tariff/tariff';
import type { Zone } from '../domain/tariff/zone';
import { formatReportHtml } from '../report/html';
import { buildReport, settledUntil, type ReportRequest } from '../report/model';
import {
  DAY_MS,
  daysBetween,
  lastEnded,
  periodNamed,
  REPORT_KINDS,
  type ReportKind,
  type ReportPeriod,
} from '../report/period';
import { REPORT_LANGUAGES } from '../report/words';
import { toPm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import { parseJson, readRegularFile } from '../support/read-text-file';
import { packageVersion } from '../support/package-version';
import { INFLUX_ROWS } from './influx-options';
import { describeOptions, failUsage, HELP_OPTION, Options, type OptionRow } from './options';
import { printPdf } from './print-pdf';
import { chooseSource, CSV_ROWS } from './report-source';
import { EXIT, type Terminal } from './terminal';
import { writeReport } from './write-report';

const OWN_ROWS: readonly OptionRow[] = [
  {
    name: 'meter',
    value: 'NAME',
    multiple: true,
    help: 'this meter; several times for a list (all that have energies)',
  },
  { name: 'site', value: 'NAME', help: 'all meters of this site' },
  { name: 'of', value: 'PERIOD', help: 'month such as 2026-10, or week such as 2026-W43 (the last that has ended)' },
  { name: 'from', value: 'DATE', help: 'in place of --of: from the beginning of this day on, such as 2026-10-01' },
  { name: 'to', value: 'DATE', help: 'to the end of this day' },
  { name: 'tariff', value: 'FILE', help: 'tariff calendar as JSON (docs/kpis.md), for the cost' },
  { name: 'power-factor', value: 'N', help: 'power factor that the contract asks for, from 0.5 to 1' },
  { name: 'nominal-volts', value: 'N', help: 'nominal voltage line to neutral, V, for the share within 10 %' },
  { name: 'language', value: 'NAME', help: `${REPORT_LANGUAGES.join(', ')} (en)` },
  { name: 'folder', value: 'FOLDER', help: 'where files go; made where it is not there (the current one)' },
  { name: 'pdf', help: 'a PDF beside the page, by the Chromium of this computer' },
  { name: 'unless-there', help: 'does nothing where the page of the whole period is there already' },
];
const ROWS = [...INFLUX_ROWS, ...CSV_ROWS, ...OWN_ROWS, HELP_OPTION];

export const REPORT_HELP = `pm500 report: energies, demand, cost, supply, alarms and gaps of a month or a week

Usage: pm500 report month [options]
       pm500 report week [options]

Reads InfluxDB 1 or 2 (tier 15m), or a table of energies, and changes nothing there. Writes a page of HTML that needs nothing else, and names the files that
it has written. docs/report.md says what figures mean, and how reports are filed by themselves.

${describeOptions(ROWS)}`;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const LONGEST_DAYS = 366;
/** Who may read a page: everybody whom the umask lets. */
const MODE = 0o666;

function dayOf(option: string, text: string): number {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  const local = Date.UTC(year ?? Number.NaN, (month ?? 0) - 1, day);
  // The 31st of April would be the 1st of May.
  if (Number.isFinite(local) && new Date(local).toISOString().slice(0, 10) === text) return local;
  return failUsage(`Option --${option} is ${describeValue(text)}; give a date such as 2026-10-01.`);
}

function periodOf(kind: ReportKind, options: Options, zone: Zone, nowMs: number): ReportPeriod {
  const [of, from, to] = [options.text('of'), options.text('from'), options.text('to')];
  if (of !== undefined && (from ?? to) !== undefined)
    failUsage('Options --of and --from say the same; give one of them.');
  if (from !== undefined || to !== undefined) {
    if (from === undefined || to === undefined) return failUsage('Options --from and --to belong together; give both.');
    const [fromLocal, toLocal] = [dayOf('from', from), dayOf('to', to) + DAY_MS];
    if (!(fromLocal < toLocal)) failUsage('The time of the report ends before it begins; give a later --to.');
    if (toLocal - fromLocal > LONGEST_DAYS * DAY_MS)
      failUsage(`A report is of ${LONGEST_DAYS} days at most; give a later --from.`);
    return daysBetween(zone, fromLocal, toLocal);
  }
  if (of === undefined) return lastEnded(kind, zone, nowMs);
  const example = kind === 'month' ? '2026-10' : '2026-W43';
  return (
    periodNamed(kind, zone, of) ?? failUsage(`Option --of is ${describeValue(of)}; give a ${kind} such as ${example}.`)
  );
}

/** A calendar of holidays for a century is a tenth of that. */
const MOST_TARIFF_BYTES = 1_000_000;

/** @throws Pm500Error CONFIG_INVALID */
function readTariff(path: string | undefined): Tariff | undefined {
  if (path === undefined) return undefined;
  let value: unknown;
  try {
    value = parseJson(readRegularFile(resolve(path), MOST_TARIFF_BYTES).toString());
  } catch (thrown) {
    return failUsage(
      `The tariff in ${path} cannot be read (${toPm500Error(thrown).message}); correct --tariff, or the file.`,
    );
  }
  return parseTariff(value);
}

const LONGEST_NAME = 60;
const SUM_DIGITS = 8;

/** A meter of such a name gets a sum: it would share the file with the report of all, of a site or a table, or with one that has a sum. */
const TAKEN = /^all$|^(site|csv)-|-[0-9a-f]{8}$/i;

/** A text as a part of a file name. @param whole what must not share the name with anything else */
function fileSafe(text: string, whole = text): string {
  const safe = text.replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^[-.]+/, '');
  const short = Array.from(safe).slice(0, LONGEST_NAME).join('');
  if (short === whole && !TAKEN.test(short)) return short;
  return `${short || 'meter'}-${createHash('sha256').update(whole).digest('hex').slice(0, SUM_DIGITS)}`;
}

/** What the file is named after: the site, the meter, a list of meters, the table, or all. */
function fileSubject(site: string | undefined, named: readonly string[], table: string | undefined): string {
  if (site !== undefined) return `site-${fileSafe(site)}`;
  const [first, ...more] = [...named].sort();
  if (first === undefined) return table === undefined ? 'all' : `csv-${fileSafe(table)}`;
  return more.length === 0 ? fileSafe(first) : fileSafe('meters', JSON.stringify([first, ...more]));
}

/** Whether a page is there that was made when the period was over: one of before has a part of it. */
function isFiled(page: string, period: ReportPeriod): boolean {
  const madeMs = statSync(page, { throwIfNoEntry: false })?.mtimeMs;
  return madeMs !== undefined && settledUntil(period, madeMs) >= period.toMs;
}

/**
 * `pm500 report`: the report of a month or a week.
 * @param now epoch milliseconds UTC
 * @returns the exit code
 * @throws Pm500Error CONFIG_INVALID for bad options, REPORT_NO_DATA, or what the database says
 */
export async function runReport(
  args: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<number> {
  const options = Options.parse('pm500 report', ROWS, args);
  if (options.has('help')) {
    terminal.print(REPORT_HELP);
    return EXIT.success;
  }
  const [given, ...more] = options.positionals;
  const kind = REPORT_KINDS.find((each) => each === given);
  if (kind === undefined || more.length > 0)
    return failUsage('Say of what: pm500 report month or pm500 report week; see pm500 report --help.');
  const named = [...new Set(options.texts('meter'))];
  const site = options.text('site');
  if (named.length > 0 && site !== undefined)
    failUsage('Options --meter and --site exclude each other; give one of them.');
  const source = chooseSource(options, terminal);
  const { zone } = source;
  const nowMs = now();
  const period = periodOf(kind, options, zone, nowMs);
  if (settledUntil(period, nowMs) <= period.fromMs)
    failUsage(`The period ${period.key} has not begun; name an earlier one.`);
  const tariff = readTariff(options.text('tariff'));
  const powerFactor = options.number('power-factor', { min: 0.5, max: 1 });
  const nominalVolts = options.number('nominal-volts', { min: 1, max: 1_000_000 });
  const language = options.choice('language', REPORT_LANGUAGES) ?? 'en';
  const folder = resolve(options.text('folder') ?? '.');
  const page = join(folder, `pm500-${fileSubject(site, named, source.table)}-${period.key}.${language}.html`);
  if (options.has('unless-there') && isFiled(page, period)) return EXIT.success;
  const request: ReportRequest = {
    period,
    zone,
    nowMs,
    ...(site === undefined ? {} : { site }),
    ...(tariff === undefined ? {} : { tariff }),
    ...(powerFactor === undefined ? {} : { powerFactor }),
    ...(nominalVolts === undefined ? {} : { nominalVolts }),
  };
  const { meters, notes } = await source.material(named, request);
  const model = buildReport(request, meters, notes);
  const without = model.meters.filter(({ figures }) => figures === undefined).map(({ meter }) => meter);
  const missing = source.noData(`meter ${without.map(describeValue).join(', ')}`, period);
  if (without.length === model.meters.length) throw missing;
  if (without.length > 0) terminal.complain(missing.message);
  const html = formatReportHtml(model, language, packageVersion());
  try {
    mkdirSync(folder, { recursive: true });
  } catch (thrown) {
    failUsage(`The folder ${folder} cannot be made (${toPm500Error(thrown).message}); correct --folder.`);
  }
  const printed = options.has('pdf') ? await printPdf(html, process.env['PATH'] ?? '', terminal.ended) : undefined;
  const files: (readonly [string, string | Uint8Array])[] = [[page, html]];
  if (printed !== undefined && 'pdf' in printed) files.push([page.replace(/html$/, 'pdf'), printed.pdf]);
  // The page last: where it is there, the PDF is, too, also after an end in between.
  for (const [path, content] of [...files].reverse()) writeReport(path, content, MODE, '--folder');
  for (const [path] of files) terminal.print(`${path}\n`);
  if (printed !== undefined && 'why' in printed) terminal.complain(printed.why);
  return EXIT.success;
}
