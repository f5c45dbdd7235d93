import { countersOf, shortOfRollover, withinRange, type CounterChoice, type CounterView } from '../model/counters';
import type { Disturbance } from '../model/disturbances';
import type { FaultName } from './fault-table';
import { overloadOf, type OverloadChoice, type OverloadPattern } from '../model/overload';
import type { FaultParameters } from './parse-fault';
import type { SimulatedMeter } from '../model/simulated-meter';

/** What happens when a fault begins and when it ends. */
export interface Effect {
  readonly begin: (parameters: FaultParameters) => void;
  readonly end?: () => void;
}

export type EffectTable = Readonly<Partial<Record<FaultName, Effect>>>;

const MS_PER_S = 1000;

function disturbing(meter: SimulatedMeter, make: (parameters: FaultParameters) => Disturbance): Effect {
  let kind: Disturbance['kind'] | undefined;
  return {
    begin: (parameters) => {
      const disturbance = make(parameters);
      kind = disturbance.kind;
      meter.disturb((disturbances, timeMs) => {
        disturbances.begin(disturbance, timeMs);
      });
    },
    end: () => {
      meter.disturb((disturbances, timeMs) => {
        if (kind !== undefined) disturbances.end(kind, timeMs);
      });
    },
  };
}

function setCounters(
  meter: SimulatedMeter,
  choice: CounterChoice,
  target: (counter: string) => number | undefined,
): void {
  const entries = countersOf(choice, meter.physics.counterNames).flatMap((counter) => {
    const value = target(counter);
    return value === undefined ? [] : [[counter, value] as const];
  });
  meter.setCounters(Object.fromEntries(entries));
}

/** The hours are no energy. */
function isEnergy(counter: string): boolean {
  return counter !== 'run_hours';
}

/** Moves energy counters, Wh or varh; none goes below zero. */
export function shiftCounters(meter: SimulatedMeter, choice: CounterChoice, by: number): void {
  const shown = meter.valuesOf(['counters']);
  setCounters(meter, choice, (counter) => (isEnergy(counter) ? Math.max(0, Number(shown[counter]) + by) : undefined));
}

/** Energy counters show something else while the fault lasts, within what a counter can show. */
function showing(meter: SimulatedMeter, show: (value: number, parameters: FaultParameters) => number): Effect {
  const views = meter.counterViews;
  let view: CounterView | undefined;
  return {
    begin: (parameters) => {
      const names = new Set(
        countersOf(parameters['counters'] as CounterChoice, meter.physics.counterNames).filter(isEnergy),
      );
      view = (name, value) => (names.has(name) ? withinRange(name, show(value, parameters)) : value);
      views.add(view);
    },
    end: () => {
      if (view !== undefined) views.delete(view);
    },
  };
}

/** The faults that change what a meter measures or shows. */
export function valueEffects(meter: SimulatedMeter): EffectTable {
  return {
    'wrong-size': {
      begin: ({ bytes }) => {
        meter.extraBytes = Number(bytes);
      },
      end: () => {
        meter.extraBytes = 0;
      },
    },
    overload: {
      begin: ({ of, as }) => {
        meter.overload = overloadOf(meter.model, of as OverloadChoice, as as OverloadPattern);
      },
      end: () => {
        meter.overload = undefined;
      },
    },
    frozen: {
      begin: () => {
        meter.freeze(true);
      },
      end: () => {
        meter.freeze(false);
      },
    },
    'phase-loss': disturbing(meter, ({ phase }) => ({ kind: 'lost', phase: (Number(phase) - 1) as 0 | 1 | 2 })),
    'wrong-rotation': disturbing(meter, () => ({ kind: 'reversed' })),
    voltage: disturbing(meter, ({ percent, phase }) => ({
      kind: 'voltage',
      on: phase === 0 ? 'all' : ((Number(phase) - 1) as 0 | 1 | 2),
      share: Number(percent) / 100,
    })),
    frequency: disturbing(meter, ({ percent }) => ({ kind: 'frequency', share: Number(percent) / 100 })),
    'clock-jump': {
      begin: ({ seconds }) => {
        meter.jumpClock(Number(seconds) * MS_PER_S);
      },
    },
    'counter-reset': {
      begin: ({ counters }) => {
        setCounters(meter, counters as CounterChoice, () => 0);
      },
    },
    'counter-set': {
      begin: ({ counters, value }) => {
        setCounters(meter, counters as CounterChoice, (counter) => (isEnergy(counter) ? Number(value) : undefined));
      },
    },
    'counter-shift': {
      begin: ({ counters, by }) => {
        shiftCounters(meter, counters as CounterChoice, Number(by));
      },
    },
    'counter-spike': showing(meter, (value, { by }) => value + Number(by)),
    'counter-zero': showing(meter, () => 0),
    'counter-rollover': {
      begin: ({ counters, headroom }) => {
        setCounters(meter, counters as CounterChoice, (counter) =>
          // The hours have a limit of their own, which no plant has seen.
          isEnergy(counter) ? shortOfRollover(counter, Number(headroom)) : undefined,
        );
      },
    },
  };
}
