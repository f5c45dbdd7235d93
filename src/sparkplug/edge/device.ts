import type { DeviceAliases } from './alias';
import { conditionOf } from '../metrics/metric-condition';
import type { MetricSample } from '../metrics/metrics';
import {
  byTime,
  dataProperties,
  fits,
  GOOD_KEY,
  hold,
  isPublished,
  isSame,
  type MetricState,
  sortedByTime,
} from './metric-state';
import type { Datatype, PayloadMetric } from '../codec/payload';

/**
 * - `live`: samples are published at once
 * - `brief`: not now, but presently: only what is replaced before that is given out as unsent
 * - `offline`: nobody knows when: every change is given out as unsent at once
 */
export type TakeMode = 'live' | 'brief' | 'offline';

export interface Taken {
  /** Metrics for a DDATA message, in order of time. */
  readonly metrics: readonly PayloadMetric[];
  /** The samples in them. */
  readonly published: readonly MetricSample[];
  /** Samples that no message has carried, in the order in which they came. */
  readonly unsent: readonly MetricSample[];
}

/** The name of the template instance that a metric is a member of; undefined for one that stands by itself. */
export type InstanceOf = (name: string, type: Datatype) => string | undefined;

/** Values of earlier as metrics, and those that the last DBIRTH does not allow. */
export interface Historical {
  readonly metrics: readonly PayloadMetric[];
  readonly unknown: readonly MetricSample[];
  /** Values that do not fit the datatype which their metric has now. */
  readonly misfits: number;
}

/** The description of a sample that stands for a metric of which nothing is known now. */
const UNKNOWN = Object.freeze({});

/** What an edge node knows of one device: its metrics, what the host has of them, and whether the meter is lost. */
export class Device {
  /** True between DBIRTH and DDEATH. */
  isBorn = false;
  /** True: its DBIRTH is larger than the broker takes; it is tried again after a while, and with the next NBIRTH. */
  isTooLarge = false;
  /** True: enough time has passed since the first sample for all groups to have come. */
  isSettled = false;
  isSettling = false;
  /** True while the meter does not answer: such a device is dead. */
  isLost = false;
  private readonly states = new Map<string, MetricState>();
  /** The same in the order of the last message, which the next one mostly has too. */
  private readonly inOrder: MetricState[] = [];
  private readonly aliases: DeviceAliases;
  private readonly instanceOf: InstanceOf;
  /** Instances in the last DBIRTH, which had all their members. */
  private bornInstances: ReadonlySet<string | undefined> = new Set();
  private unbornCount = 0;

  constructor(
    readonly id: string,
    aliases: DeviceAliases,
    instanceOf: InstanceOf = () => undefined,
  ) {
    this.aliases = aliases;
    this.instanceOf = instanceOf;
  }

  /** True when it has no DBIRTH yet, or has a metric that the last DBIRTH lacked or had with another datatype. */
  get needsBirth(): boolean {
    return !this.isBorn || this.unbornCount > 0;
  }

  /** True when a first or further DBIRTH is wanted, and the time to wait for more metrics has not begun. */
  get needsSettling(): boolean {
    return !this.isSettling && (!this.isSettled || (this.isBorn && this.unbornCount > 0));
  }

  /** Takes samples in, and gives those that may be published now when `mode` is live; what did not change is not. */
  take(samples: readonly MetricSample[], mode: TakeMode): Taken {
    const taken = { metrics: [] as PayloadMetric[], published: [] as MetricSample[], unsent: [] as MetricSample[] };
    let place = 0;
    for (const sample of sortedByTime(samples)) {
      const state = this.stateAt(place++, sample.name);
      if (state === undefined) {
        const created = this.createState(sample);
        this.states.set(sample.name, created);
        created.isBorn = this.isImplied(sample);
        if (!created.isBorn) this.unbornCount++;
        else if (mode === 'live') {
          taken.metrics.push(this.publish(created));
          taken.published.push(sample);
        }
        if (mode === 'offline') hold(created, taken.unsent);
        continue;
      }
      const { latest } = state;
      const hasChanged = !isSame(latest, sample);
      const isReplaced = hasChanged && state.isPending && hold(state, taken.unsent);
      if (latest.type !== sample.type && state.isBorn) {
        state.isBorn = false;
        this.unbornCount++;
      }
      state.latest = sample;
      // Most values come right after the one that was published.
      state.isPending = state.published === latest ? hasChanged : !isPublished(state, sample);
      state.isHeld &&= !hasChanged;
      if (mode === 'live' && state.isBorn && state.isPending) {
        taken.metrics.push(this.publish(state));
        taken.published.push(sample);
      } else if (hasChanged && (mode === 'offline' || (isReplaced && !state.isPending))) {
        // A value that came back to what the host has ends the one that is sent as historical.
        hold(state, taken.unsent);
      }
    }
    return taken;
  }

  /** True while a value has neither been published nor been given out as unsent. */
  get hasPending(): boolean {
    for (const { isPending, isHeld, latest } of this.states.values()) {
      if (isPending && !isHeld && !latest.condition.isReadFailed) return true;
    }
    return false;
  }

  /** Everything that waits and was not given out as unsent yet, for when nobody knows when it can be published. */
  holdPending(): readonly MetricSample[] {
    const unsent: MetricSample[] = [];
    for (const state of this.states.values()) if (state.isPending) hold(state, unsent);
    return unsent;
  }

  /** Values of earlier as metrics that the last DBIRTH allows. */
  historical(samples: readonly MetricSample[]): Historical {
    const metrics: PayloadMetric[] = [];
    const unknown: MetricSample[] = [];
    let misfits = 0;
    // A message of values of earlier stands for itself: whatever it does not say is good.
    const said = new Map<string, string>();
    for (const sample of samples) {
      const { name, value, timestamp, condition } = sample;
      const state = this.states.get(name);
      const type = state?.isBorn === true ? state.latest.type : this.isImplied(sample) ? sample.type : undefined;
      if (type === undefined) unknown.push(sample);
      else if (fits(type, value, name)) {
        const metric = { name, alias: this.aliases.of(name), timestamp, type, value, isHistorical: true };
        const properties = dataProperties(sample, said.get(name) ?? GOOD_KEY);
        said.set(name, condition.key);
        metrics.push(properties === undefined ? metric : { ...metric, properties });
      } else misfits++;
    }
    return { metrics, unknown, misfits };
  }

  /** Has a metric of earlier in the next DBIRTH, without a value: nothing is known of it now. */
  adopt({ name, type }: MetricSample, at: number): void {
    if (this.states.has(name)) return;
    const sample = {
      name,
      type,
      value: null,
      timestamp: at,
      description: UNKNOWN,
      condition: conditionOf('uncertain'),
    };
    this.states.set(name, { ...this.createState(sample), isHeld: true });
    this.unbornCount++;
  }

  /** What waits of metrics that were born, for a DDATA message, in order of time. */
  takePending(): Omit<Taken, 'unsent'> {
    const waiting = this.sorted((state) => state.isBorn && state.isPending);
    return { published: waiting.map(({ latest }) => latest), metrics: waiting.map((state) => this.publish(state)) };
  }

  /** Present samples that no message has carried and store and forward does not have: what a birth now tells first. */
  get news(): readonly MetricSample[] {
    return [...this.states.values()].flatMap(({ latest, isPending, isHeld }) =>
      isPending && !isHeld && latest.description !== UNKNOWN ? [latest] : [],
    );
  }

  /** All metrics with name, alias, datatype, present value and properties, for a DBIRTH message, in order of time. */
  makeBirth(): readonly PayloadMetric[] {
    this.aliases.begin();
    return this.sorted(() => true).map(({ name, latest }) => ({
      name,
      alias: this.aliases.of(name),
      timestamp: latest.timestamp,
      type: latest.type,
      value: latest.value,
      properties: { ...latest.description, ...latest.condition.properties.properties },
    }));
  }

  /** The metrics of `makeBirth` were published. */
  bear(): void {
    this.isBorn = true;
    this.unbornCount = 0;
    const states = [...this.states.values()];
    this.bornInstances = new Set(states.map(({ name, latest }) => this.instanceOf(name, latest.type)));
    for (const state of states) {
      state.isBorn = true;
      state.alias = this.aliases.of(state.name);
      state.published = state.latest;
      state.isPending = false;
      state.isHeld = false;
      state.isLeftOut = false;
    }
  }

  /** The published values of these metrics were too large, and were sent as bad: the next ones say their quality again. */
  leaveOut(names: Iterable<string>): void {
    for (const name of names) {
      const state = this.states.get(name);
      if (state !== undefined) state.isLeftOut = true;
    }
  }

  /** True for a member of an instance that was born: a first value of it is no news to the host but for its properties. */
  private isImplied({ name, type }: MetricSample): boolean {
    const instance = this.isBorn ? this.instanceOf(name, type) : undefined;
    return instance !== undefined && this.bornInstances.has(instance);
  }

  /** The state of a metric, looked for first where it was in the last message. */
  private stateAt(place: number, name: string): MetricState | undefined {
    const there = this.inOrder[place];
    if (there?.name === name) return there;
    const state = this.states.get(name);
    if (state !== undefined) this.inOrder[place] = state;
    return state;
  }

  private createState(sample: MetricSample): MetricState {
    const { name } = sample;
    const alias = this.aliases.of(name);
    return {
      name,
      alias,
      latest: sample,
      published: undefined,
      isPending: true,
      isHeld: false,
      isBorn: false,
      isLeftOut: false,
    };
  }

  private sorted(isWanted: (state: MetricState) => boolean): MetricState[] {
    return [...this.states.values()].filter(isWanted).sort((left, right) => byTime(left.latest, right.latest));
  }

  private publish(state: MetricState): PayloadMetric {
    const { latest, name, alias } = state;
    // The birth could not say the unit of a member that it had without a value.
    const properties =
      state.published === undefined
        ? { ...latest.description, ...latest.condition.properties.properties }
        : dataProperties(latest, state.isLeftOut ? undefined : state.published.condition.key);
    state.isLeftOut = false;
    state.published = latest;
    state.isPending = false;
    state.isHeld = false;
    const { timestamp, type, value } = latest;
    return properties === undefined
      ? { name, alias, timestamp, type, value }
      : { name, alias, timestamp, type, value, properties };
  }
}
