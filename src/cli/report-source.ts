import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Zone } from '../domain/tariff/zone';
import { csvFigures, csvNotes } from '../report/csv-figures';
import { buildMeter, type ReportMeter, type ReportRequest } from '../report/model';
import type { ReportNote } from '../report/notes';
import { DAY_MS, periodBefore, type ReportPeriod } from '../report/period';
import { readCsv, type CsvLoad } from '../report/read-csv';
import { readMeter } from '../report/read-meter';
import { queryMeters, type ReportPlace } from '../report/report-queries';
import type { ReportTimes } from '../report/report-times';
import { Pm500Error, toPm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import { regularFile } from '../support/read-text-file';
import { chooseInflux, INFLUX_ROWS, parseZone, zoneOf } from './influx-options';
import { failUsage, type Options, type OptionRow } from './options';
import type { Terminal } from './terminal';

export const CSV_ROWS: readonly OptionRow[] = [
  {
    name: 'csv',
    value: 'FILE',
    help: 'a table of energies in place of InfluxDB; docs/report.md says what columns are called',
  },
  { name: 'csv-zone', value: 'ZONE', help: 'time zone of its times, where that is another one (that of --time-zone)' },
];

/** What was counted over the edge of a period is shared where the other side lies within this. */
const EDGE_MS = 7 * DAY_MS;
const PIECE_BYTES = 262_144;

/** Meters of a report with what is to be said of all of them. */
export interface ReportMaterial {
  readonly meters: readonly ReportMeter[];
  readonly notes: readonly ReportNote[];
}

/** Where a report gets its figures from. */
export interface ReportSource {
  readonly zone: Zone;
  /** What the table is called; absent where it is a database. */
  readonly table?: string;
  /** @throws Pm500Error REPORT_NO_DATA where there is no meter, and what the database or the file says against it */
  material(named: readonly string[], request: ReportRequest): Promise<ReportMaterial>;
  noData(what: string, period: ReportPeriod): Pm500Error;
}

function timesOf({ period, zone }: ReportRequest): ReportTimes {
  const [before, year] = [periodBefore(zone, period, 'period'), periodBefore(zone, period, 'year')];
  return {
    period,
    around: { fromMs: before.fromMs - EDGE_MS, toMs: period.toMs + EDGE_MS },
    yearBefore: { fromMs: year.fromMs - EDGE_MS, toMs: year.toMs + EDGE_MS },
  };
}

function influxSource(options: Options, terminal: Terminal): ReportSource {
  const { server, database, influxMeasurement, zone } = chooseInflux(options, process.env, terminal, true);
  const site = options.text('site');
  const place: ReportPlace = { server, database, influxMeasurement, ...(site === undefined ? {} : { site }) };
  const noData = (what: string, { key }: ReportPeriod): Pm500Error =>
    new Pm500Error(
      'REPORT_NO_DATA',
      `The database ${database} has no energies of ${what} in ${key} (tier 15m, measurement ${influxMeasurement}); check the names, the time and pm500 influx status.`,
    );
  return {
    zone,
    noData,
    material: async (named, request) => {
      const { period } = request;
      const names = named.length > 0 ? named : await queryMeters(place, period);
      if (names.length === 0) throw noData(site === undefined ? 'any meter' : `site ${describeValue(site)}`, period);
      const times = timesOf(request);
      const meters: ReportMeter[] = [];
      for (const meter of names) meters.push(buildMeter(request, await readMeter(place, meter, times)));
      return { meters, notes: [] };
    },
  };
}

/** What else the file has, so that a person need not open it. */
function extentOf({ firstMs, lastMs }: CsvLoad, zone: Zone): string {
  const dateOf = (timeMs = 0): string => new Date(zone.localOf(timeMs)).toISOString().slice(0, 10);
  return firstMs === undefined
    ? 'no row has a time that can be read'
    : `it has rows from ${dateOf(firstMs)} to ${dateOf(lastMs)}`;
}

function csvSource(path: string, options: Options): ReportSource {
  for (const name of ['site', ...INFLUX_ROWS.map((row) => row.name).filter((each) => each !== 'time-zone')])
    if (options.has(name)) failUsage(`Option --${name} is for a database; leave it out beside --csv.`);
  const zone = zoneOf(options, process.env);
  const csvZone = options.text('csv-zone');
  const name = basename(path);
  const otherwise = name.replace(/\.[^.]*$/, '') || name;
  let extent = '';
  const noData = (what: string, { key }: ReportPeriod): Pm500Error =>
    new Pm500Error(
      'REPORT_NO_DATA',
      `The file ${name} has no energies of ${what} in ${key}; ${extent}: check the names and the time.`,
    );
  const load = async (named: readonly string[], times: ReportTimes): Promise<CsvLoad> => {
    try {
      regularFile(path);
      const pieces = createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE_BYTES });
      return await readCsv(pieces as AsyncIterable<string>, {
        name,
        zone: csvZone === undefined ? zone : parseZone(csvZone),
        spans: [times.around, times.yearBefore],
        otherwise: named[0] ?? otherwise,
        ...(named.length === 0 ? {} : { meters: named }),
      });
    } catch (thrown) {
      if (thrown instanceof Pm500Error) throw thrown;
      return failUsage(`The file ${path} cannot be read (${toPm500Error(thrown).message}); correct --csv.`);
    }
  };
  return {
    zone,
    table: otherwise,
    noData,
    material: async (named, request) => {
      const times = timesOf(request);
      const found = await load(named, times);
      extent = extentOf(found, zone);
      const names = named.length > 0 ? named : [...found.meters.keys()].sort();
      if (names.length === 0) throw noData('any meter', request.period);
      const meters = names.map((meter) => buildMeter(request, csvFigures(found, meter, times)));
      return { meters, notes: csvNotes(found) };
    },
  };
}

/** @throws Pm500Error CONFIG_INVALID */
export function chooseSource(options: Options, terminal: Terminal): ReportSource {
  const path = options.text('csv');
  if (path !== undefined) return csvSource(path, options);
  if (options.has('csv-zone')) failUsage('Option --csv-zone is for --csv; leave it out.');
  return influxSource(options, terminal);
}
