import { Zone } from '../../src/domain/tariff/zone';
import { csvFigures, csvNotes } from '../../src/report/csv-figures';
import { buildMeter, buildReport, type ReportModel, type ReportRequest } from '../../src/report/model';
import { DAY_MS, periodBefore, periodNamed, type ReportPeriod } from '../../src/report/period';
import { readCsv, type CsvLoad } from '../../src/report/read-csv';
import type { ReportTimes } from '../../src/report/report-times';

export interface CsvReportOptions extends Partial<ReportRequest> {
  readonly csvZone?: string;
  readonly meters?: readonly string[];
}

// eslint-disable-next-line @typescript-eslint/require-await -- a file comes in pieces, later
async function* inPieces(text: string, size: () => number): AsyncGenerator<string> {
  for (let at = 0; at < text.length;) {
    const next = at + size();
    yield text.slice(at, next);
    at = next;
  }
}

function monthOf(zone: Zone, text: string): ReportPeriod {
  const period = periodNamed('month', zone, text);
  if (period === undefined) throw new Error(`${text} is no month`);
  return period;
}

/** Times of a report, without what lies over the edges of its periods. */
function timesOf(zone: Zone, period: ReportPeriod): ReportTimes {
  const before = periodBefore(zone, period, 'period');
  return {
    period,
    around: { fromMs: before.fromMs, toMs: period.toMs },
    yearBefore: periodBefore(zone, period, 'year'),
  };
}

/** The report of a month out of a table. */
export async function csvReport(
  text: string,
  zoneName: string,
  month: string,
  { csvZone, meters, ...more }: CsvReportOptions = {},
  size: () => number = () => text.length,
): Promise<{ readonly load: CsvLoad; readonly model: ReportModel }> {
  const zone = new Zone(zoneName);
  const period = monthOf(zone, month);
  const times = timesOf(zone, period);
  const load = await readCsv(inPieces(text, size), {
    name: 'table.csv',
    zone: csvZone === undefined ? zone : new Zone(csvZone),
    spans: [times.around, times.yearBefore],
    otherwise: 'table',
    ...(meters === undefined ? {} : { meters }),
  });
  const request: ReportRequest = { period, zone, nowMs: period.toMs + 7 * DAY_MS, ...more };
  const built = [...load.meters.keys()].map((meter) => buildMeter(request, csvFigures(load, meter, times)));
  return { load, model: buildReport(request, built, csvNotes(load)) };
}
