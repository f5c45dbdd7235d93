import type { Clock, Timer } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import type { FaultName } from './fault-table';
import { parseFault, parseFaultName, type FaultParameters } from './parse-fault';

/** A fault that a meter has now. */
export interface ActiveFault {
  readonly name: FaultName;
  readonly parameters: FaultParameters;
  /** Epoch milliseconds UTC. */
  readonly since: number;
  /** When it ends by itself, epoch milliseconds UTC; absent: when it is stopped. */
  readonly until?: number;
}

/** What has to happen when a fault begins or ends; most are only looked at where bytes leave. */
export interface FaultEffects {
  begin(name: FaultName, parameters: FaultParameters): void;
  end(name: FaultName): void;
}

/** Looked up wherever a fault shows: is it there, and with which parameters? */
export interface FaultState {
  has(name: FaultName): boolean;
  /** A parameter of a fault that is there, as a number; 0 when it is not. */
  number(name: FaultName, parameter: string): number;
  text(name: FaultName, parameter: string): string;
}

interface Entry {
  readonly fault: ActiveFault;
  readonly timer: Timer | undefined;
}

/** The faults of one simulated meter, by name, each with parameters and perhaps an end. */
export class MeterFaults implements FaultState {
  private readonly entries = new Map<FaultName, Entry>();
  private readonly listeners = new Set<() => void>();
  private effects: FaultEffects | undefined;
  private readonly counts: Partial<Record<FaultName, number>> = {};

  constructor(private readonly clock: Clock) {}

  /** Says who carries faults out; before this they are only noted. */
  attach(effects: FaultEffects): void {
    this.effects = effects;
  }

  /** Faults that last, in the order in which they began. */
  get active(): readonly ActiveFault[] {
    return [...this.entries.values()].map(({ fault }) => fault);
  }

  /** How often each fault has been started. */
  get started(): Readonly<Partial<Record<FaultName, number>>> {
    return { ...this.counts };
  }

  /**
   * Begins a fault. One that is there already begins anew with the parameters given.
   * @param given parameters by name, and `durationMs`
   * @throws Pm500Error MESSAGE_INVALID for a name or a parameter that does not exist or is out of range
   */
  start(name: string, given: unknown = {}): void {
    const order = parseFault(name, given);
    this.finish(order.name);
    // An effect that cannot be had throws: then the fault is not there.
    this.effects?.begin(order.name, order.parameters);
    this.counts[order.name] = (this.counts[order.name] ?? 0) + 1;
    if (order.row.instant !== true) this.keep(order.name, order.parameters, order.durationMs);
    this.tell();
  }

  /**
   * @returns false when the meter has no such fault now
   * @throws Pm500Error MESSAGE_INVALID for a name that no fault has
   */
  stop(name: string): boolean {
    const stopped = this.finish(parseFaultName(name));
    if (stopped) this.tell();
    return stopped;
  }

  stopAll(): void {
    const names = [...this.entries.keys()];
    for (const name of names) this.finish(name);
    if (names.length > 0) this.tell();
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  has(name: FaultName): boolean {
    return this.entries.has(name);
  }

  number(name: FaultName, parameter: string): number {
    const value = this.entries.get(name)?.fault.parameters[parameter];
    return typeof value === 'number' ? value : 0;
  }

  text(name: FaultName, parameter: string): string {
    return String(this.entries.get(name)?.fault.parameters[parameter] ?? '');
  }

  private keep(name: FaultName, parameters: FaultParameters, durationMs: number | undefined): void {
    const since = this.clock.now();
    const timer =
      durationMs === undefined
        ? undefined
        : this.clock.after(durationMs, () => {
            if (this.finish(name)) this.tell();
          });
    const until = durationMs === undefined ? {} : { until: since + durationMs };
    this.entries.set(name, { fault: { name, parameters, since, ...until }, timer });
  }

  private finish(name: FaultName): boolean {
    const entry = this.entries.get(name);
    if (entry === undefined) return false;
    entry.timer?.cancel();
    this.entries.delete(name);
    this.effects?.end(name);
    return true;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** @throws Pm500Error MESSAGE_INVALID, always */
export function cannotHave(name: FaultName, lack: string): never {
  throw new Pm500Error(
    'MESSAGE_INVALID',
    `This meter cannot have the fault "${name}": it has no ${lack}; give it one.`,
  );
}
