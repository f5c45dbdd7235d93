/** The samples of a page in Prometheus text format. */
export class MetricsPage {
  private readonly byName = new Map<string, number[]>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line) ?? [];
      if (name === undefined || Number.isNaN(Number(value))) continue;
      const values = this.byName.get(name) ?? [];
      values.push(Number(value));
      this.byName.set(name, values);
    }
  }

  /** The values of a metric, one for each set of labels. */
  values(name: string): readonly number[] {
    return this.byName.get(name) ?? [];
  }

  sum(name: string): number {
    return this.values(name).reduce((sum, value) => sum + value, 0);
  }
}
