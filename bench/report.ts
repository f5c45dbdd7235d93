/** One line of the report. */
export interface BenchLine {
  readonly what: string;
  readonly value: string;
  /** Ours to the peer's in the same run, and the peer. */
  readonly ratio?: number;
  readonly peer?: string;
  readonly note?: string;
}

export function formatCount(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0);
}

export function printReport(title: string, lines: readonly BenchLine[]): void {
  console.log(`\n${title}`);
  for (const { what, value, ratio, peer, note } of lines) {
    const compared = ratio === undefined ? '' : `  ${ratio.toFixed(2)} x ${peer ?? 'peer'}`;
    console.log(`  ${what.padEnd(44)} ${value.padStart(18)}${compared}${note === undefined ? '' : `  (${note})`}`);
  }
}

/** Peak resident set of this process, MB. */
export function peakMemoryMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}
