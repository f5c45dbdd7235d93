import { type SeenMetric, type SeenValue, describeValue } from './independent-decoder';

/** What a host has of the metrics of devices, each by its path "device/metric". */
export class HostMemory {
  /** The present value. */
  readonly values = new Map<string, SeenValue>();
  /** Every value that was present once. */
  readonly present = new Map<string, Set<SeenValue>>();
  readonly qualities = new Map<string, number>();
  /** The historical values in the order of their arrival, with their times. */
  readonly history = new Map<string, [number, SeenValue][]>();
  /** Present values that came twice in data, as "device/metric time value": for tests whose values are all different. */
  readonly twiceLive: string[] = [];
  private readonly live = new Set<string>();

  /** A value of a birth. */
  keep(path: string, { properties }: SeenMetric, value: SeenValue | undefined): void {
    this.values.set(path, value ?? null);
    this.present.set(path, (this.present.get(path) ?? new Set()).add(value ?? null));
    const quality = properties.get('Quality')?.value;
    if (typeof quality === 'number') this.qualities.set(path, quality);
  }

  /** A value of a data message. */
  take(path: string, metric: SeenMetric, value: SeenValue | undefined): void {
    const { timestamp = 0, isHistorical } = metric;
    if (isHistorical) {
      const values = this.history.get(path) ?? [];
      values.push([timestamp, value ?? null]);
      this.history.set(path, values);
      return;
    }
    this.keep(path, metric, value);
    const key = `${path} ${timestamp} ${describeValue(value)}`;
    if (this.live.has(key)) this.twiceLive.push(key);
    this.live.add(key);
  }
}
