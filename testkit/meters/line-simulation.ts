import { LineSchedule, type Ticket } from '../../src/transport/modbus/line-schedule';

/** One unit of a simulated line. */
export interface SimulatedUnit {
  readonly intervalMs: number;
  /** When in its interval it is read. */
  readonly phaseMs: number;
  /** How long it takes to answer everything of a cycle. */
  readonly serviceMs: number;
  readonly answers: (atMs: number) => boolean;
}

export interface SimulatedLineOptions {
  readonly durationMs: number;
  /** What a request without an answer costs the line: the reply timeout, and the silence after it. */
  readonly silenceMs: number;
  /** Between two users of the line. */
  readonly pauseMs: number;
  /** As the back-off of a meter: first and longest wait after failures. */
  readonly backOffMs?: readonly [first: number, longest: number];
}

/** How one unit fared. */
export interface UnitResult {
  readings: number;
  attempts: number;
  /** When it was read. */
  readonly readAt: number[];
}

interface State {
  readonly unit: SimulatedUnit;
  readonly result: UnitResult;
  busy: boolean;
  backOff: number;
  retryAt: number;
}

/** Plays a line and those who poll its units: a cycle that is due while the one before still waits is left out. */
export function simulateLine(units: readonly SimulatedUnit[], options: SimulatedLineOptions): readonly UnitResult[] {
  const { durationMs, silenceMs, pauseMs, backOffMs = [500, 5000] } = options;
  const schedule = new LineSchedule();
  const states = units.map((unit): State => ({
    unit,
    result: { readings: 0, attempts: 0, readAt: [] },
    busy: false,
    backOff: backOffMs[0],
    retryAt: 0,
  }));
  const events: { at: number; act: (now: number) => void }[] = [];
  const at = (time: number, act: (now: number) => void): void => {
    const place = events.findIndex((event) => event.at > time);
    events.splice(place < 0 ? events.length : place, 0, { at: time, act });
  };
  let free = true;
  const dispatch = (now: number): void => {
    if (!free) return;
    const ticket = schedule.next(now);
    if (ticket === undefined) return;
    free = false;
    serve(ticket, now);
  };
  const serve = ({ unit: number }: Ticket, now: number): void => {
    const state = states[number]!;
    const { unit, result } = state;
    result.attempts++;
    const isAlive = unit.answers(now);
    at(now + (isAlive ? unit.serviceMs : silenceMs), (then) => {
      state.busy = false;
      if (isAlive) {
        schedule.answered(number, then);
        result.readings++;
        result.readAt.push(then);
        [state.backOff] = backOffMs;
      } else {
        schedule.silent(number, silenceMs, then);
        state.retryAt = then + Math.max(state.backOff, schedule.waitMs(number, then));
        state.backOff = Math.min(2 * state.backOff, backOffMs[1]);
      }
      at(then + pauseMs, (later) => {
        free = true;
        dispatch(later);
      });
    });
  };
  states.forEach((state, number) => {
    const tick = (now: number): void => {
      at(now + state.unit.intervalMs, tick);
      if (state.busy || now < state.retryAt) return;
      const waitMs = schedule.waitMs(number, now);
      if (waitMs > 0) {
        state.retryAt = now + waitMs;
        return;
      }
      state.busy = true;
      schedule.join(number, now);
      dispatch(now);
    };
    at(state.unit.phaseMs, tick);
  });
  for (let event = events.shift(); event !== undefined && event.at <= durationMs; event = events.shift()) {
    event.act(event.at);
  }
  return states.map(({ result }) => result);
}
