import { failFile } from './csv-columns';

const PLAIN = /^[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?$/;
/** More than any interval of any plant has, in the unit of the column. */
const MOST = 1e12;

/** Numbers of a table, which has one decimal mark: a file that means thousands by the other one is refused. */
export class NumberReader {
  private mark: { readonly of: string; readonly line: number } | undefined;

  constructor(private readonly name: string) {}

  /**
   * @returns NaN for what is no number
   * @throws Pm500Error CONFIG_INVALID where the file has both decimal marks
   */
  read(cell: string, line: number): number {
    if (!PLAIN.test(cell)) return Number.NaN;
    const hasComma = cell.includes(',');
    if (hasComma || cell.includes('.')) this.agree(hasComma ? 'comma' : 'point', line);
    const value = Number(hasComma ? cell.replace(',', '.') : cell);
    return Math.abs(value) <= MOST ? value : Number.NaN;
  }

  private agree(of: string, line: number): void {
    this.mark ??= { of, line };
    if (this.mark.of !== of)
      failFile(
        this.name,
        `has a decimal ${this.mark.of} in line ${this.mark.line} and a decimal ${of} in line ${line}; write all numbers alike and without marks for thousands.`,
      );
  }
}

/** A day of quarters that rise without a break is no load. */
const FEWEST = 96;
const RISING_SHARE = 0.5;

/** Tells the readings of a counter, which never fall, from energies of intervals. */
export class RisingWatch {
  private count = 0;
  private rises = 0;
  private hasFallen = false;
  private last = Number.NaN;

  constructor(private readonly name: string) {}

  add(value: number): void {
    if (this.hasFallen || Number.isNaN(value)) return;
    if (value < this.last) this.hasFallen = true;
    if (value > this.last) this.rises += 1;
    this.count += 1;
    this.last = value;
  }

  /** @throws Pm500Error CONFIG_INVALID where all were readings of a counter */
  end(): void {
    if (!this.hasFallen && this.count >= FEWEST && this.rises >= RISING_SHARE * this.count)
      failFile(
        this.name,
        `has an active energy that never falls over ${this.count} rows, as a counter does; give the energy of each interval in place of counter readings.`,
      );
  }
}
