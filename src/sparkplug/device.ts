import type { DeviceAliases } from './alias';
import type { MetricSample } from './metrics';
import type { EncodedPropertySet, Metric } from './payload';

interface MetricState {
  readonly name: string;
  readonly alias: number;
  latest: MetricSample;
  /** What the host has: the sample of the last birth or data message. */
  published: MetricSample | undefined;
  /** True: `latest` has not been sent. */
  isPending: boolean;
  /** True: the last DBIRTH had this metric with this datatype. */
  isBorn: boolean;
}

export interface Taken {
  /** Metrics for a DDATA message, in order of time. */
  readonly metrics: readonly Metric[];
  /** Samples that were replaced before any message carried them. */
  readonly superseded: readonly MetricSample[];
}

function isSame(left: MetricSample, right: MetricSample): boolean {
  return left.type === right.type && Object.is(left.value, right.value) && left.condition.key === right.condition.key;
}

function byTime(left: MetricSample, right: MetricSample): number {
  return left.timestamp - right.timestamp;
}

/** Quality travels in data whenever it is not good, and once when it has become good again. */
function dataProperties(sample: MetricSample, before: MetricSample | undefined): EncodedPropertySet | undefined {
  const { condition } = sample;
  return condition.isGood && condition.key === before?.condition.key ? undefined : condition.properties;
}

/** What an edge node knows of one device: its metrics, what the host has of them, and whether the meter answers. */
export class Device {
  /** True between DBIRTH and DDEATH. */
  isBorn = false;
  /** True: enough time has passed since the first sample for all groups to have come. */
  isSettled = false;
  isSettling = false;
  readonly #metrics = new Map<string, MetricState>();
  readonly #aliases: DeviceAliases;
  /** Metrics that failed since anything of the device was read. */
  readonly #failed = new Set<string>();
  #isLost = false;
  #unbornCount = 0;

  constructor(
    readonly id: string,
    aliases: DeviceAliases,
  ) {
    this.#aliases = aliases;
  }

  /** True while the meter does not answer: such a device is dead. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** True when it has no DBIRTH yet, or has a metric that the last DBIRTH lacked or had with another datatype. */
  get needsBirth(): boolean {
    return !this.isBorn || this.#unbornCount > 0;
  }

  /** True when a first or further DBIRTH is wanted, and the time to wait for more metrics has not begun. */
  get needsSettling(): boolean {
    return !this.isSettling && (!this.isSettled || (this.isBorn && this.#unbornCount > 0));
  }

  /**
   * Learns from a message whether the meter answers. It is lost when every metric known failed; or, as messages may
   * bring one group each, when the same metric failed twice and nothing was read between.
   */
  watch(samples: readonly MetricSample[]): void {
    if (samples.some((sample) => !sample.condition.isReadFailed)) {
      this.#failed.clear();
      this.#isLost = false;
      return;
    }
    const isRepeated = samples.some((sample) => this.#failed.has(sample.name));
    for (const sample of samples) this.#failed.add(sample.name);
    this.#isLost ||= isRepeated || [...this.#metrics.values()].every((state) => this.#hasFailed(state));
  }

  #hasFailed(state: MetricState): boolean {
    return state.latest.condition.isReadFailed || this.#failed.has(state.name);
  }

  /** Takes samples in, and gives those that may be published now when the device `isLive`; what did not change is not. */
  take(samples: readonly MetricSample[], isLive: boolean): Taken {
    const metrics: Metric[] = [];
    const superseded: MetricSample[] = [];
    const isSorted = samples.every((sample, index) => index === 0 || byTime(samples[index - 1] ?? sample, sample) <= 0);
    for (const sample of isSorted ? samples : samples.toSorted(byTime)) {
      const state = this.#metrics.get(sample.name);
      if (state === undefined) {
        this.#metrics.set(sample.name, this.#createState(sample));
        this.#unbornCount++;
        continue;
      }
      const { latest } = state;
      if (state.isPending && !isSame(latest, sample) && !latest.condition.isReadFailed) superseded.push(latest);
      if (latest.type !== sample.type && state.isBorn) {
        state.isBorn = false;
        this.#unbornCount++;
      }
      state.latest = sample;
      state.isPending = state.published === undefined || !isSame(state.published, sample);
      if (isLive && state.isBorn && state.isPending) metrics.push(this.#publish(state));
    }
    return { metrics, superseded };
  }

  /** What waits of metrics that were born, for a DDATA message, in order of time. */
  takePending(): readonly Metric[] {
    return this.#sorted((state) => state.isBorn && state.isPending).map((state) => this.#publish(state));
  }

  /** All metrics with name, alias, datatype, present value and properties, for a DBIRTH message, in order of time. */
  takeBirth(): readonly Metric[] {
    this.#unbornCount = 0;
    return this.#sorted(() => true).map((state) => {
      const { latest } = state;
      state.isBorn = true;
      state.published = latest;
      state.isPending = false;
      return {
        name: state.name,
        alias: state.alias,
        timestamp: latest.timestamp,
        type: latest.type,
        value: latest.value,
        properties: { ...latest.description, ...latest.condition.properties.properties },
      };
    });
  }

  #createState(sample: MetricSample): MetricState {
    const { name } = sample;
    const alias = this.#aliases.of(name);
    return { name, alias, latest: sample, published: undefined, isPending: true, isBorn: false };
  }

  #sorted(isWanted: (state: MetricState) => boolean): MetricState[] {
    return [...this.#metrics.values()].filter(isWanted).sort((left, right) => byTime(left.latest, right.latest));
  }

  #publish(state: MetricState): Metric {
    const { latest, name, alias } = state;
    const properties = dataProperties(latest, state.published);
    state.published = latest;
    state.isPending = false;
    const metric = { name, alias, timestamp: latest.timestamp, type: latest.type, value: latest.value };
    return properties === undefined ? metric : { ...metric, properties };
  }
}
