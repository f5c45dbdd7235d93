import { ENERGY_KEYS, NO_ENERGY, QUARTER_MS, type EnergyKey, type StoredQuarter } from './load-profile';
import { DAY_MS } from './period';

const MINUTE_MS = 60_000;
const QUARTER_MINUTES = QUARTER_MS / MINUTE_MS;
const DAY_QUARTERS = DAY_MS / QUARTER_MS;
const KEYS = ENERGY_KEYS.length;
/** In place of the minutes of a quarter that two rows contradict each other of. */
const SPOILED = 255;

interface CsvDay {
  /** Wh or varh, by quarter and energy. */
  readonly sums: Float64Array;
  /** Minutes that are known, by quarter and energy. */
  readonly minutes: Uint8Array;
  /** A sum of the row of each interval, 0 where there is none: to tell a row that is there twice from another one. */
  readonly rows: Uint32Array;
}

/** Energies of a row, in the order of `ENERGY_KEYS`; NaN where its cell is empty. */
export type RowEnergies = Float64Array;

const bits = new DataView(new ArrayBuffer(8));

function sumOfRow(values: RowEnergies): number {
  let sum = 0x811c9dc5;
  for (const value of values) {
    bits.setFloat64(0, value);
    for (const half of [bits.getUint32(0), bits.getUint32(4)]) sum = Math.imul(sum ^ half, 0x01000193) ^ (sum >>> 15);
  }
  return sum >>> 0 || 1;
}

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Quarters of an hour of one meter, put together of intervals of any whole minutes that fit a day. */
export class CsvQuarters {
  private readonly days = new Map<number, CsvDay>();
  private dayNumber = Number.NaN;
  private day: CsvDay | undefined;
  /** Whether anything negative was there. */
  readonly negatives = new Set<EnergyKey>();

  constructor(private readonly stepMs: number) {}

  /**
   * @param starts moments at which the interval may begin, one at least; the first that is free is taken
   * @returns what became of the row
   */
  add(starts: readonly number[], values: RowEnergies): 'added' | 'repeated' | 'conflict' {
    const sum = sumOfRow(values);
    let last = 0;
    for (const startMs of starts) {
      const { rows } = this.dayOf(startMs);
      const slot = this.slotOf(startMs);
      if (rows[slot] === 0) {
        rows[slot] = sum;
        this.share(startMs, values);
        return 'added';
      }
      if (rows[slot] === sum && starts.length === 1) return 'repeated';
      last = startMs;
    }
    if (starts.some((startMs) => this.dayOf(startMs).rows[this.slotOf(startMs)] === sum)) return 'repeated';
    this.spoil(last);
    return 'conflict';
  }

  /** Whole quarters within a time, and how many are not whole. @param known energies that the table has */
  quarters({ fromMs, toMs }: TimeSpan, known: readonly EnergyKey[]): readonly StoredQuarter[] {
    const found: StoredQuarter[] = [];
    for (let startMs = fromMs; startMs < toMs; startMs += QUARTER_MS) {
      const place = this.placeOf(startMs);
      const day = this.days.get(Math.floor(startMs / DAY_MS));
      const absent = ENERGY_KEYS.filter(
        (key, index) => !known.includes(key) || day?.minutes[place + index] !== QUARTER_MINUTES,
      );
      if (day === undefined || absent.length === KEYS) continue;
      const good = { ...NO_ENERGY };
      ENERGY_KEYS.forEach((key, index) => {
        if (!absent.includes(key)) good[key] = day.sums[place + index] ?? 0;
      });
      // What is not in the table was not read: it is in no other row.
      const isCounterLost = found.at(-1)?.startMs !== startMs - QUARTER_MS;
      found.push({ startMs, good, isCounterLost, absent });
    }
    return found;
  }

  /** How many quarters within a time have a part of their active import only, or rows that contradict each other. */
  partial({ fromMs, toMs }: TimeSpan): number {
    let count = 0;
    for (let startMs = fromMs; startMs < toMs; startMs += QUARTER_MS) {
      const minutes = this.days.get(Math.floor(startMs / DAY_MS))?.minutes[this.placeOf(startMs)] ?? 0;
      if (minutes !== 0 && minutes !== QUARTER_MINUTES) count += 1;
    }
    return count;
  }

  private dayOf(startMs: number): CsvDay {
    const number = Math.floor(startMs / DAY_MS);
    if (number === this.dayNumber && this.day !== undefined) return this.day;
    let day = this.days.get(number);
    if (day === undefined) {
      day = {
        sums: new Float64Array(DAY_QUARTERS * KEYS),
        minutes: new Uint8Array(DAY_QUARTERS * KEYS),
        rows: new Uint32Array(DAY_MS / this.stepMs),
      };
      this.days.set(number, day);
    }
    [this.dayNumber, this.day] = [number, day];
    return day;
  }

  private slotOf = (startMs: number): number => Math.floor((startMs % DAY_MS) / this.stepMs);
  private placeOf = (startMs: number): number => Math.floor((startMs % DAY_MS) / QUARTER_MS) * KEYS;

  /** An interval over edges of quarters is shared evenly by its minutes. */
  private share(startMs: number, values: RowEnergies): void {
    const endMs = startMs + this.stepMs;
    for (let at = startMs; at < endMs;) {
      const next = Math.min(endMs, (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS);
      const { sums, minutes } = this.dayOf(at);
      const place = this.placeOf(at);
      for (let index = 0; index < KEYS; index += 1) {
        const value = values[index] ?? Number.NaN;
        if (Number.isNaN(value) || minutes[place + index] === SPOILED) continue;
        sums[place + index] = (sums[place + index] ?? 0) + (value * (next - at)) / this.stepMs;
        minutes[place + index] = (minutes[place + index] ?? 0) + (next - at) / MINUTE_MS;
      }
      at = next;
    }
  }

  private spoil(startMs: number): void {
    const endMs = startMs + this.stepMs;
    for (let at = startMs; at < endMs; at = (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS) {
      const place = this.placeOf(at);
      this.dayOf(at).minutes.fill(SPOILED, place, place + KEYS);
    }
  }
}
