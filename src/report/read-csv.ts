import type { Zone } from '../domain/tariff/zone';
import { describeValue } from '../support/expect';
import { cellsOf, columnsOf, failFile, type CsvColumns } from './csv-columns';
import { CSV_FAULTS, type CsvFault, type CsvFaults } from './csv-faults';
import { csvLines, type CsvLine } from './csv-lines';
import { CsvQuarters, type TimeSpan } from './csv-quarters';
import { CsvTimes } from './csv-times';
import { NumberReader, RisingWatch } from './csv-numbers';
import { ENERGY_KEYS, type EnergyKey } from './load-profile';

export interface CsvRequest {
  /** For sentences. */
  readonly name: string;
  /** Of the times that say no offset. */
  readonly zone: Zone;
  /** What is kept of the file; the rest is only looked through. */
  readonly spans: readonly TimeSpan[];
  /** Meters that are meant; all of the file where it is left out. */
  readonly meters?: readonly string[];
  /** What the meter is called where the file names none. */
  readonly otherwise: string;
}

/** What a file holds of the times that were asked for. */
export interface CsvLoad {
  readonly meters: ReadonlyMap<string, CsvQuarters>;
  readonly stepMs: number;
  /** Rows that do not count. */
  readonly faults: readonly CsvFaults[];
  /** First and last beginning of an interval of the whole file; absent where no row has a time. */
  readonly firstMs?: number;
  readonly lastMs?: number;
  /** Energies that it has columns of. */
  readonly known: readonly EnergyKey[];
  /** Energies that it has only as what is negative of another one. */
  readonly signed: readonly EnergyKey[];
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const MOST_MINUTES = 60;
/** Rows that tell the interval. */
const SAMPLE = 5000;
const MOST_METERS = 1000;

/** The most frequent distance from one row of a meter to the next, and where in it rows begin. */
function stepOf(
  sample: readonly CsvLine[],
  columns: CsvColumns,
  zone: Zone,
  name: string,
): { stepMs: number; phaseMs: number } {
  const times = new CsvTimes(zone, false, 0);
  const last = new Map<string, number>();
  const counts = new Map<number, number>();
  let firstMs = 0;
  for (const { text } of sample) {
    const cells = cellsOf(text, columns.separator);
    const meter = columns.meter === undefined ? '' : (cells[columns.meter] ?? '');
    const [at] = times.startsOf((cells[columns.time.place] ?? '').trim()) ?? [];
    if (at === undefined) continue;
    const step = Math.abs(at - (last.get(meter) ?? at));
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
    if (last.size === 0) firstMs = at;
    last.set(meter, at);
  }
  const [stepMs] = [...counts].reduce<readonly [number, number]>(
    (most, each) => (each[1] > most[1] || (each[1] === most[1] && each[0] < most[0]) ? each : most),
    [0, 0],
  );
  if (stepMs === 0)
    return failFile(
      name,
      'has no two rows of a meter with times that can be read, such as 2026-10-01T00:15; correct its times.',
    );
  const minutes = stepMs / MINUTE_MS;
  if (!(Number.isInteger(minutes) && minutes <= MOST_MINUTES && DAY_MINUTES % minutes === 0))
    return failFile(
      name,
      `has rows ${minutes} minutes apart; give one with intervals of 1, 5, 10, 15, 30 or 60 minutes, or others that fit a day.`,
    );
  return { stepMs, phaseMs: firstMs % stepMs };
}

/** Goes through the rows of a table. */
class CsvReader {
  private readonly found = new Map<string, CsvQuarters>();
  private readonly rising = new Map<string, RisingWatch>();
  private readonly faults = new Map<CsvFault, CsvFaults>();
  private readonly times: CsvTimes;
  private readonly numbers: NumberReader;
  private readonly energies = new Float64Array(ENERGY_KEYS.length);
  private firstMs = Number.POSITIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly request: CsvRequest,
    private readonly columns: CsvColumns,
    private readonly step: { readonly stepMs: number; readonly phaseMs: number },
  ) {
    this.times = new CsvTimes(request.zone, columns.time.isEnd, step.stepMs);
    this.numbers = new NumberReader(request.name);
  }

  read({ line, text }: CsvLine): void {
    const fault = this.take(text, line);
    if (fault === undefined) return;
    const { count, line: first } = this.faults.get(fault) ?? { count: 0, line };
    this.faults.set(fault, { fault, count: count + 1, line: first });
  }

  result(): CsvLoad {
    const { firstMs, lastMs } = this;
    const all = (of: (column: CsvColumns['energies'][number]) => EnergyKey | undefined): readonly EnergyKey[] =>
      this.columns.energies.flatMap((column) => of(column) ?? []);
    return {
      meters: this.found,
      stepMs: this.step.stepMs,
      faults: CSV_FAULTS.flatMap((fault) => this.faults.get(fault) ?? []),
      ...(Number.isFinite(firstMs) ? { firstMs, lastMs } : {}),
      known: all(({ key }) => key),
      signed: all(({ negative }) => negative),
    };
  }

  /** @returns why the row does not count */
  private take(text: string, line: number): CsvFault | undefined {
    const { columns, request, step } = this;
    const cells = cellsOf(text, columns.separator);
    if (cells.length !== columns.count) return 'cells';
    const starts = this.times.startsOf((cells[columns.time.place] ?? '').trim());
    if (starts === undefined) return 'time_unreadable';
    const [startMs] = starts;
    if (startMs === undefined) return 'time_skipped';
    this.firstMs = Math.min(this.firstMs, startMs);
    this.lastMs = Math.max(this.lastMs, startMs);
    if (!request.spans.some(({ fromMs, toMs }) => startMs + step.stepMs > fromMs && startMs < toMs)) return undefined;
    const meter = columns.meter === undefined ? request.otherwise : (cells[columns.meter] ?? '').trim();
    if (meter === '') return 'cells';
    if (request.meters !== undefined && !request.meters.includes(meter)) return undefined;
    if (startMs % step.stepMs !== step.phaseMs) return 'misaligned';
    const quarters = this.quartersOf(meter);
    const fault = this.readEnergies(cells, line, quarters);
    if (fault !== undefined) return fault;
    const [active = Number.NaN] = this.energies;
    this.watch(meter).add(active);
    const outcome = quarters.add(starts, this.energies);
    return outcome === 'added' ? undefined : outcome;
  }

  private readEnergies(cells: readonly string[], line: number, { negatives }: CsvQuarters): CsvFault | undefined {
    this.energies.fill(Number.NaN);
    for (const { place, key, negative, factor } of this.columns.energies) {
      const cell = (cells[place] ?? '').trim();
      if (cell === '') continue;
      const value = this.numbers.read(cell, line) * factor;
      if (Number.isNaN(value)) return 'number_unreadable';
      if (value < 0 && negative === undefined) return 'negative';
      this.energies[ENERGY_KEYS.indexOf(key)] = Math.max(0, value);
      if (negative === undefined) continue;
      this.energies[ENERGY_KEYS.indexOf(negative)] = Math.max(0, -value);
      if (value < 0) negatives.add(negative);
    }
    return undefined;
  }

  private watch(meter: string): RisingWatch {
    const found = this.rising.get(meter) ?? new RisingWatch(this.request.name);
    this.rising.set(meter, found);
    return found;
  }

  private quartersOf(meter: string): CsvQuarters {
    const found = this.found.get(meter);
    if (found !== undefined) return found;
    if (this.found.size >= MOST_METERS)
      failFile(
        this.request.name,
        `has more than ${MOST_METERS} meters, ${describeValue(meter)} among them; give --meter.`,
      );
    const quarters = new CsvQuarters(this.step.stepMs);
    this.found.set(meter, quarters);
    return quarters;
  }

  end(): CsvLoad {
    for (const watch of this.rising.values()) watch.end();
    return this.result();
  }
}

/**
 * Reads a table of energies of intervals, docs/report.md. Of the file no more is kept than energies of quarters of an hour.
 * @param pieces the text of the file
 * @throws Pm500Error CONFIG_INVALID where it is no such table, or none that can be understood in one way only
 */
export async function readCsv(pieces: AsyncIterable<string>, request: CsvRequest): Promise<CsvLoad> {
  const { name, zone, meters } = request;
  let columns: CsvColumns | undefined;
  let sample: CsvLine[] = [];
  let reader: CsvReader | undefined;
  const begin = (): CsvReader => {
    if (columns === undefined) return failFile(name, 'is empty; its first line has the names of columns.');
    const begun = new CsvReader(request, columns, stepOf(sample, columns, zone, name));
    for (const each of sample) begun.read(each);
    sample = [];
    return begun;
  };
  for await (const lines of csvLines(pieces, name)) {
    for (const each of lines) {
      if (columns === undefined) {
        columns = columnsOf(each.text, name);
        if (columns.meter === undefined && (meters?.length ?? 0) > 1)
          failFile(name, 'has no column meter, so it is of one meter; give --meter once, to name it.');
      } else if (reader !== undefined) reader.read(each);
      else if (sample.push(each) >= SAMPLE) reader = begin();
    }
  }
  return (reader ?? begin()).end();
}
