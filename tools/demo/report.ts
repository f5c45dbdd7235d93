const MOST_SHOWN = 5;

/** Findings of a check: what was seen, and what is missing. */
export class Report {
  private readonly missing: string[] = [];

  constructor(private readonly print: (line: string) => void = console.log) {}

  /** A line for people. */
  say(line: string): void {
    this.print(line);
  }

  /** Something that must hold; when it does not, `otherwise` says what is missing. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.missing.push(otherwise);
  }

  /** A list that must be empty. */
  expectNone(what: string, faults: readonly string[]): void {
    if (faults.length === 0) return;
    const more = faults.length > MOST_SHOWN ? `, and ${faults.length - MOST_SHOWN} more` : '';
    this.missing.push(`${what}: ${faults.slice(0, MOST_SHOWN).join('; ')}${more}`);
  }

  /** Says what is missing, or that nothing is. */
  conclude(): boolean {
    for (const line of this.missing) this.print(`MISSING  ${line}`);
    this.print(this.missing.length === 0 ? 'Check passed.' : `Check failed: ${this.missing.length} missing.`);
    return this.missing.length === 0;
  }
}

/** Hours, minutes and seconds of a moment, UTC. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** The value below which this share of a list lies, for instance 0.99. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
