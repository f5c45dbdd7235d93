/** All meters of a host see its clock set, and say so within this time, ms. */
const TOGETHER_MS = 600_000;
/** Two meters see the same step to this, ms. */
const SAME_MS = 2_000;
/** A clock that is set again and again, or two hosts of different time, is said no more often in that time. */
const MOST_SAID = 6;

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

function durationOf(milliseconds: number): string {
  const [size, unit] = UNITS.find(([each]) => milliseconds >= 2 * each) ?? [1000, 's'];
  return `${Math.round(milliseconds / size)} ${unit}`;
}

/** Says that a wall clock was set: once, although every meter sees it. */
export class ClockSteps {
  private said: readonly { readonly stepMs: number; readonly atMs: number }[] = [];

  /**
   * @param stepMs by how much the clock was set, ms
   * @param atMs a time that nobody sets, ms
   * @returns one sentence for people; undefined when it has been said
   */
  tell(meter: string, stepMs: number, atMs: number): string | undefined {
    this.said = this.said.filter((each) => atMs - each.atMs < TOGETHER_MS);
    const isKnown = this.said.some((each) => Math.abs(each.stepMs - stepMs) <= SAME_MS);
    if (isKnown || this.said.length >= MOST_SAID) return undefined;
    this.said = [...this.said, { stepMs, atMs }];
    const way = stepMs < 0 ? 'back' : 'ahead';
    return (
      `The clock of the host that reads meter "${meter}" was set ${way} by ${durationOf(Math.abs(stepMs))}; totals go on, ` +
      'and the windows, days and months that it touches are marked clock_doubtful. Check how that host sets its clock (NTP).'
    );
  }
}
